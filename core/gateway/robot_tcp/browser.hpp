// A browser of the older robot server's page: a guest for as long as its WebSocket is open. Tied to a robot it stands
// in the same line as everybody else and is told in words what its page has no message for: as `msg`, which the
// published page writes to the browser's console only. It answers to no stamps: as a program's commands do, its own
// messages show that it is there, so an output that is to stay on needs a message within the dead-man.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/robot_tcp/connection.hpp"
#include "identity/identity.hpp"
#include "net/websocket.hpp"

namespace robohub::gateway {

class RobotBrowsers;

// [the loop that its socket is on], but where it says otherwise. Kept alive by its socket.
class RobotBrowser final : public RobotWatcher,
                           public net::WebSocketUser,
                           public std::enable_shared_from_this<RobotBrowser> {
 public:
  // Greets it and gives it the list. `browsers` outlives it. `address`: the client's.
  static void begin(RobotBrowsers& browsers, std::shared_ptr<net::WebSocket> socket, const identity::Session& guest,
                    std::string address);
  RobotBrowser(RobotBrowsers& browsers, std::shared_ptr<net::WebSocket> socket, const identity::Session& guest,
               std::string address);

  net::Loop& loop() const { return *loop_.load(); }  // [any-thread]
  // The list has changed. [any-thread]
  void refresh();

  void robotSaid(const SharedBytes& frame) override;
  void robotGone() override;

  void onText(std::string_view text) override;
  void onBinary(std::string_view bytes) override;
  void onClosed(std::uint16_t code, std::string_view reason) override;

 private:
  void connectTo(const RobotMessage& message);
  void tieTo(const std::shared_ptr<RobotLink>& link);
  void untie();
  void toRobot(const RobotMessage& message, std::string_view text, MonoTime now);
  void drive(const RobotMessage& message, MonoTime now);
  void pass(const RobotMessage& message, std::string_view text);
  void command(std::string_view name, json::Object::Ptr params);
  void feed(MonoTime now);
  bool mayDrive();
  void onYou(const control::YouView& you);
  void sendList();
  void tell(const std::string& text);
  void tellOnce(const std::string& text);
  void review();
  MonoTime now() const;

  RobotBrowsers& browsers_;
  const std::shared_ptr<net::WebSocket> socket_;
  const identity::Session guest_;
  const std::string address_;
  const std::uint64_t connection_;
  std::atomic<net::Loop*> loop_;
  RobotPace pace_{300, 600};
  std::shared_ptr<RobotLink> link_;  // that it is tied to
  control::YouView you_;
  Epoch fed_epoch_ = 0;
  MonoTime fed_at_ = MonoTime::min();
  Epoch told_epoch_ = 0;  // of the newest drive that went the long way
  MonoTime told_at_ = MonoTime::min();
  std::string said_;  // by tellOnce()
  MonoTime said_at_ = MonoTime::min();
  net::TimerId review_timer_ = 0;
  bool moving_ = false;
  bool list_waits_ = false;  // it has changed while the socket moved
  bool closed_ = false;
};

}  // namespace robohub::gateway
