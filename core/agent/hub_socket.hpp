// A WebSocket to the hub that comes back: dials, notices silence, dials again after a delay that grows, and waits a
// minute where the hub refuses this device.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "agent/hub_address.hpp"
#include "net/redial_delay.hpp"
#include "net/websocket_client.hpp"

namespace robohub::agent {

// All on the socket's loop, never from within a call of the socket.
class HubSocketUser {
 public:
  virtual ~HubSocketUser() = default;
  virtual void onUp() = 0;  // connected: say hello
  virtual void onText(std::string_view text) = 0;
  virtual void onDown() = 0;  // only after onUp
};

struct HubSocketSettings {
  HubAddress hub;
  std::string what;           // "control link", for the log
  std::string authorization;  // value of the header
  net::OutputLimits limits;
  Duration ping_every = std::chrono::milliseconds(1500);  // of silence; the second unanswered ping ends the link
  Duration write_stall = std::chrono::seconds(3);
  Duration refused_wait = std::chrono::minutes(1);
};

// Owned by its loop; destroying it closes silently.
class HubSocket {
 public:
  HubSocket(net::Loop& loop, HubSocketSettings settings, HubSocketUser& user);
  ~HubSocket();
  HubSocket(const HubSocket&) = delete;
  HubSocket& operator=(const HubSocket&) = delete;

  // Dials now. Nothing happens while it is up or dialling.
  void start();
  // Closes and stays down; onDown is not called. start() dials again.
  void stop(std::uint16_t code = 1000, std::string_view reason = {});
  // The hub has welcomed us: the delay begins anew.
  void welcomed();
  // The hub said `refused`: after this connection wait a minute.
  void refused(const std::string& why);
  // Closes this connection as wrong and dials again.
  void fail(std::uint16_t code, const std::string& why);

  bool up() const { return socket_ != nullptr; }
  std::size_t queuedBytes() const { return socket_ ? socket_->queuedBytes() : 0; }
  // Of frames that are not sent whole.
  std::size_t queuedBytes(net::SendClass send_class) const { return socket_ ? socket_->queuedBytes(send_class) : 0; }
  // False when it is down or closing.
  bool sendText(std::string_view text, net::SendClass send_class);
  bool sendFrame(const SharedBytes& frame, net::SendClass send_class);

 private:
  void dialled(net::WebSocketDialled dialled);
  void closed(std::uint16_t code, const std::string& reason);
  void again(const std::string& why, bool refused);
  void letGo();

  net::Loop& loop_;
  const HubSocketSettings settings_;
  HubSocketUser& user_;
  std::unique_ptr<net::Pending> dialling_;
  std::shared_ptr<net::WebSocket> socket_;
  std::shared_ptr<HubSocket*> self_;  // what the callbacks of socket_ hold; null in it once we have let go
  net::TimerId timer_ = 0;
  net::RedialDelay delay_;
  bool refused_ = false;
  std::string told_;  // why it is down, as it was logged last
};

}  // namespace robohub::agent
