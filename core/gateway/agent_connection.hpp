// One WebSocket of an agent on its device's loop: which of the two links it is, what comes in as messages, and the port
// through which the device answers.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "gateway/capture_intake.hpp"
#include "link/messages.hpp"
#include "live/live_device.hpp"
#include "net/websocket.hpp"

namespace robohub::gateway {

// [the device's loop]. Kept alive by its socket.
class AgentConnection final : public live::AgentPort, public std::enable_shared_from_this<AgentConnection> {
 public:
  // `hello_within`: without a first message by then it is closed. `address`: the agent's, for the history. `captures`:
  // where those of a bulk link go; null: nowhere.
  static std::shared_ptr<AgentConnection> begin(std::shared_ptr<live::LiveDevice> device,
                                                std::shared_ptr<net::WebSocket> socket, Duration hello_within,
                                                std::string address, media::Captures* captures = nullptr);

  AgentConnection(std::shared_ptr<live::LiveDevice> device, std::shared_ptr<net::WebSocket> socket, std::string address,
                  media::Captures* captures)
      : device_(std::move(device)), socket_(std::move(socket)), address_(std::move(address)), captures_(captures) {}

  void send(std::string_view text) override { socket_->sendText(text); }
  void send(const link::HubMessage& message) override {
    socket_->sendText(link::encode(message),
                      std::holds_alternative<link::Stop>(message) ? net::SendClass::urgent : net::SendClass::control);
  }
  void close(std::uint16_t code, std::string_view reason) override { socket_->close(code, reason); }

 private:
  enum class Role { unknown, control, bulk };
  void onText(std::string_view text);
  void onBinary(std::string_view bytes);
  void onClosed();
  void onFirst(const link::AgentMessage& message);
  void onBulk(const link::AgentMessage& message);
  void refuse(ErrorCode code, const std::string& message);
  void refuseHello(ErrorCode code, const std::string& message, const link::Hello& hello);

  const std::shared_ptr<live::LiveDevice> device_;
  const std::shared_ptr<net::WebSocket> socket_;
  const std::string address_;
  media::Captures* const captures_;
  std::shared_ptr<CaptureIntake> intake_;  // of a bulk link
  Role role_ = Role::unknown;
  link::Nonce nonce_;
  net::TimerId hello_timer_ = 0;
};

}  // namespace robohub::gateway
