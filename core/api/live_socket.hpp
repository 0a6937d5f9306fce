// A person's live socket: one per tab, on the loop that accepted it. It watches devices, passes on what the person
// does, and takes frames by reference. Every message is declared with its permission in live_messages.cpp.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/context.hpp"
#include "api/session_closer.hpp"
#include "base/json.hpp"
#include "base/rate_limit.hpp"
#include "identity/person.hpp"
#include "live/audience.hpp"
#include "net/websocket.hpp"

namespace robohub::api {

// [its loop]. Kept alive by its socket. There are thousands: whatever each would need of its own is asked of what all
// share instead.
class LiveSocket final : public live::Viewer,
                         public net::WebSocketUser,
                         public SessionCloser::Lasting,
                         public std::enable_shared_from_this<LiveSocket> {
 public:
  using Device = std::shared_ptr<live::LiveDevice>;

  // `address`: the client's, for the audit.
  static void begin(Context& context, const identity::Session& session, std::string address,
                    std::shared_ptr<net::WebSocket> socket);

  LiveSocket(Context& context, const identity::Session& session, std::string address,
             std::shared_ptr<net::WebSocket> socket);

  const PersonId& person() const override { return session_->person.id; }
  bool sees(const identity::Place& place) const override;
  std::string can(const identity::Place& place) const override;
  void placeChanged(const DeviceId& device, const identity::Place& before, const identity::Place& now) override;
  void deliver(const SharedBytes& frame, net::SendClass send_class) override { socket_->sendFrame(frame, send_class); }
  void tell(const SharedBytes& frame) override {
    socket_->sendFrame(frame, net::SendClass::control, net::Loop::Turn::soon);
  }

  void onText(std::string_view text) override;
  void onBinary(std::string_view) override { socket_->close(1003, "text messages only"); }
  void onClosed(std::uint16_t code, std::string_view reason) override;
  void sessionOver(SessionCloser::Why why) override;
  void reviewed() override;

  // One message of the page, read as an object; the answer goes to `ref` when it is not empty.
  struct Message {
    const json::Object& object;
    std::string ref;
  };

  // ---- what live_messages.cpp calls: one function a message; a device is one on which the right was checked
  Status watchList(const Message& message);
  Status unwatchList(const Message& message);
  Status watch(const Message& message, const Device& device);
  Status unwatch(const Message& message);
  Status join(const Message& message, const Device& device);
  Status leave(const Message& message, const Device& device);
  Status drive(const Message& message, const Device& device);
  Status beat(const Message& message, const Device& device);
  Status command(const Message& message, const Device& device);
  Status stop(const Message& message, const Device& device);
  Status stopAll(const Message& message);
  Status reset(const Message& message, const Device& device);
  Status moderate(const Message& message, const Device& device);
  Status ping(const Message& message);

 private:
  std::weak_ptr<live::Viewer> weakViewer() { return std::shared_ptr<live::Viewer>(shared_from_this()); }
  std::shared_ptr<Lasting> self() override { return shared_from_this(); }
  live::Audience& audience() const { return context_.audiences.of(loop_); }
  // A guest who only uses this socket is remembered for bans as one who makes requests is.
  void rememberGuest() { context_.bans.remember(session_->person, address_); }
  // As watch(); no tick: that of before, or none.
  Status watchWith(const Device& device, std::optional<Duration> tick = {});
  // Later answers, from the device's loop.
  std::function<void(Status)> answerLater(const Message& message);
  void answer(const std::string& ref, const Status& status);
  void sendError(const std::string& ref, const Error& error);

  Context& context_;
  const std::string address_;
  const std::shared_ptr<net::WebSocket> socket_;
  using Watched = std::vector<std::pair<DeviceId, std::weak_ptr<live::LiveDevice>>>;
  Watched::iterator kept(const DeviceId& id);
  void letGo(Watched::iterator known);
  Watched watched_;  // mostly one
  bool watches_list_ = false;
  bool sees_all_ = false;           // by the role; rights that shrink close the socket
  const std::uint64_t connection_;  // names this socket among those of its person; never 0
  RateLimit rate_, lists_, watches_;
};

// Runs the message's function when this person may. Errors: unsupported (unknown type), permission_denied, not_found
// (no such device, or not to be seen). `answers_itself` says whether the function answers by itself, later.
Status dispatch(LiveSocket& socket, const Context& context, const identity::Session& session, std::string_view type,
                const LiveSocket::Message& message, bool& answers_itself);

// Every message of the live socket as "type permission[ on device]", for the test that compares them with a table kept
// by hand.
std::vector<std::string> liveMessages();

}  // namespace robohub::api
