#include "api/live_socket.hpp"

#include <algorithm>
#include <atomic>

#include "api/moderation.hpp"
#include "api/problem.hpp"
#include "api/routes.hpp"
#include "api/stop_reason.hpp"
#include "base/json_bounded.hpp"

namespace robohub::api {

namespace {

// A page that drives sends some tens of messages a second; programs a few hundred. What is beyond is refused, and the
// hub's other people do not notice.
constexpr float kMessagesPerSecond = 1000;
constexpr float kBurst = 2000;
// The whole list is long where there are many devices, and what changes in it comes by itself.
constexpr float kListsPerSecond = 2;
constexpr float kListBurst = 10;
// A device that is watched anew is told whole, with its newest events; a page opens all of its devices at once.
constexpr float kWatchesPerSecond = 20;
constexpr float kWatchBurst = 100;
constexpr std::size_t kMaxWatched = 64;
// Of a message's JSON, which is read on a loop: 64 KiB of "{}," would hold it for milliseconds.
constexpr std::size_t kMostValues = 2000;
constexpr std::int64_t kLeastTickMs = 10, kMostTickMs = 1000;

Result<std::string> optionalText(const json::Object& object, const std::string& key, std::size_t longest) {
  if (!object.has(key)) return std::string();
  auto text = json::getString(object, key);
  if (text && text->size() > longest)
    return fail(ErrorCode::invalid_argument, "\"" + key + "\" has at most " + std::to_string(longest) + " bytes.",
                "/" + key);
  return text;
}

std::uint64_t nextConnection() {
  static std::atomic<std::uint64_t> newest{0};
  return ++newest;
}

}  // namespace

void LiveSocket::begin(Context& context, const identity::Session& session, std::string address,
                       std::shared_ptr<net::WebSocket> socket) {
  auto self = std::make_shared<LiveSocket>(context, session, std::move(address), socket);
  socket->setUser(self);
  context.session_closer.keep(*self);
  if (auto* tally = context.devices.services().tally) tally->socketOpened(session.person.id);
  // After keep(): a right that goes from now on closes the socket.
  self->sees_all_ = context.identity.may(&session, identity::Permission::watch);
  socket->sendText("{\"type\":\"welcome\",\"person\":" + personJson(session.person) +
                   ",\"can\":" + canJson(context, &session) + ",\"version\":" + json::quote(context.version) +
                   ",\"at_ms\":" + std::to_string(toMs(context.clock.wall())) + "}");
}

LiveSocket::LiveSocket(Context& context, const identity::Session& session, std::string address,
                       std::shared_ptr<net::WebSocket> socket)
    : Lasting(socket->loop(), std::make_shared<const identity::Session>(session)),
      context_(context),
      address_(std::move(address)),
      socket_(std::move(socket)),
      connection_(nextConnection()),
      rate_(kMessagesPerSecond, kBurst),
      lists_(kListsPerSecond, kListBurst),
      watches_(kWatchesPerSecond, kWatchBurst) {}

void LiveSocket::onText(std::string_view text) {
  if (!rate_.take(context_.clock.now())) {
    socket_->close(1008, "too many messages");
    return;
  }
  const auto object = json::parseObject(text, kMostValues);
  if (!object) return sendError("", object.error());
  const auto ref = optionalText(**object, "ref", 64);
  if (!ref) return sendError("", ref.error());
  const auto type = json::getString(**object, "type");
  if (!type) return sendError(*ref, type.error());
  bool answers_itself = false;
  const Status status = dispatch(*this, context_, *session_, *type, {**object, *ref}, answers_itself);
  if (!status || !answers_itself) answer(*ref, status);
}

void LiveSocket::answer(const std::string& ref, const Status& status) {
  if (!status)
    sendError(ref, status.error());
  else if (!ref.empty())
    socket_->sendText("{\"type\":\"ok\",\"ref\":" + json::quote(ref) + "}");
}

void LiveSocket::sendError(const std::string& ref, const Error& error) {
  std::string text = std::string("{\"type\":\"error\",\"code\":\"") + toString(error.code) +
                     "\",\"detail\":" + json::quote(detailOf(error)) + pointerMember(error);
  if (!ref.empty()) text += ",\"ref\":" + json::quote(ref);
  socket_->sendText(text + "}");
}

std::function<void(Status)> LiveSocket::answerLater(const Message& message) {
  return [weak = weak_from_this(), &loop = loop_, ref = message.ref](Status status) {
    auto deliver = [weak, ref, status = std::move(status)] {
      if (auto alive = weak.lock()) alive->answer(ref, status);
    };
    if (loop.inLoop())
      deliver();
    else
      loop.post(std::move(deliver));
  };
}

bool LiveSocket::sees(const identity::Place& place) const {
  return sees_all_ || context_.identity.may(session_.get(), identity::Permission::watch, &place);
}

std::string LiveSocket::can(const identity::Place& place) const {
  return canJson(context_, session_.get(), &place);
}

void LiveSocket::placeChanged(const DeviceId& device, const identity::Place& before, const identity::Place& now) {
  const auto known = kept(device);
  if (sees(now)) {
    if (known == watched_.end()) return;
    if (const auto watched = known->second.lock())
      live::LiveDevices::on(watched, [weak = weakViewer(), person = person(), index = loop_.index()](
                                         live::LiveDevice& live) { live.tellYou(weak, person, index); });
    return;
  }
  const bool was_told = known != watched_.end() || (watches_list_ && sees(before));
  if (known != watched_.end()) letGo(known);
  if (was_told) socket_->sendText("{\"type\":\"device_gone\",\"device\":" + json::quote(device.str()) + "}");
}

LiveSocket::Watched::iterator LiveSocket::kept(const DeviceId& id) {
  return std::find_if(watched_.begin(), watched_.end(), [&](const auto& each) { return each.first == id; });
}

void LiveSocket::letGo(Watched::iterator known) {
  const auto [id, device] = std::move(*known);
  watched_.erase(known);
  audience().unwatch(id, this);
  if (const auto alive = device.lock())
    live::LiveDevices::on(alive, [person = person(), index = loop_.index(), connection = connection_](
                                     live::LiveDevice& live) { live.unwatch(person, index, connection); });
}

void LiveSocket::sessionOver(SessionCloser::Why why) {
  if (why == SessionCloser::Why::ended)
    socket_->close(1008, "the session has ended");
  else
    socket_->close(4003, "rights changed");
}

// A ban may have missed one of thousands of guests, of whom the newest are remembered.
void LiveSocket::reviewed() {
  rememberGuest();
  if (context_.bans.refusal(person())) sessionOver(SessionCloser::Why::ended);
}

void LiveSocket::onClosed(std::uint16_t, std::string_view) {
  if (watches_list_) audience().unwatchList(this);
  while (!watched_.empty()) letGo(watched_.end() - 1);
  Lasting::leave();
  if (auto* tally = context_.devices.services().tally) tally->socketClosed(session_->person.id);
}

// ---- messages -----------------------------------------------------------------------------------------------------

Status LiveSocket::watchList(const Message&) {
  if (!lists_.take(context_.clock.now()))
    return fail(ErrorCode::exhausted, "The list was asked for too often. What changes in it comes by itself.");
  watches_list_ = true;
  audience().watchList(this);
  std::string text = "{\"type\":\"devices\",\"devices\":[";
  bool first = true;
  for (const auto all = context_.devices.all(); const auto& [id, device] : *all) {
    if (!sees(*device->placeNow())) continue;
    text += (first ? "" : ",") + live::deviceJson(*device->view(), context_.clock.now());
    first = false;
  }
  socket_->sendText(text + "]}");
  return {};
}

Status LiveSocket::unwatchList(const Message&) {
  watches_list_ = false;
  audience().unwatchList(this);
  return {};
}

Status LiveSocket::watch(const Message& message, const Device& device) {
  std::int64_t tick_ms = 0;
  if (message.object.has("tick_ms")) {
    const auto given = json::getInt(message.object, "tick_ms");
    if (!given) return fail(given.error());
    if (*given < kLeastTickMs || *given > kMostTickMs)
      return fail(ErrorCode::invalid_argument,
                  "A tick has " + std::to_string(kLeastTickMs) + " to " + std::to_string(kMostTickMs) + " ms.",
                  "/tick_ms");
    tick_ms = *given;
  }
  return watchWith(device, std::chrono::milliseconds(tick_ms));
}

Status LiveSocket::watchWith(const Device& device, std::optional<Duration> tick) {
  // One that was enrolled again under its id is another one, which knows nothing of this page.
  const auto known = kept(device->id());
  if (known != watched_.end() && known->second.lock() == device) {
    if (tick) audience().watch(device->id(), this, *tick);
    return {};
  }
  if (known == watched_.end() && watched_.size() >= kMaxWatched)
    return fail(ErrorCode::exhausted, "One connection watches at most " + std::to_string(kMaxWatched) + " devices.");
  if (!watches_.take(context_.clock.now()))
    return fail(ErrorCode::exhausted, "Devices were watched anew too often; try again in a moment.");
  if (known != watched_.end())
    known->second = device;
  else
    watched_.emplace_back(device->id(), device);
  audience().watch(device->id(), this, tick.value_or(Duration::zero()));
  live::LiveDevices::on(device, [weak = weakViewer(), person = person(),
                                 index = loop_.index()](live::LiveDevice& live) { live.watch(weak, person, index); });
  return {};
}

Status LiveSocket::unwatch(const Message& message) {
  const auto text = json::getString(message.object, "device");
  if (!text) return fail(text.error());
  const auto id = DeviceId::parse(*text);
  // One that was revoked or hidden meanwhile is let go of like any other.
  if (const auto known = id ? kept(*id) : watched_.end(); known != watched_.end()) {
    letGo(known);
    return {};
  }
  const auto device = context_.devices.find(*text);
  if (!device || !sees(*device->placeNow()))
    return fail(ErrorCode::not_found, "No such device is enrolled here.", "/device");
  return {};
}

Status LiveSocket::join(const Message& message, const Device& device) {
  // The place is kept while a page of this person watches the device; without one it would be lost unseen.
  if (const Status watching = watchWith(device); !watching) return watching;
  rememberGuest();
  live::LiveDevices::on(device, [person = session_->person, connection = connection_, weak = weakViewer(),
                                 index = loop_.index(), done = answerLater(message)](live::LiveDevice& live) {
    const Status joined = live.join(person, false);
    if (joined) (void)live.drive(person.id, connection, weak, index, false);
    done(joined);
  });
  return {};
}

Status LiveSocket::drive(const Message& message, const Device& device) {
  bool if_free = false;
  if (message.object.has("if_free")) {
    const auto given = json::getBool(message.object, "if_free");
    if (!given) return fail(given.error());
    if_free = *given;
  }
  if (const Status watching = watchWith(device); !watching) return watching;
  rememberGuest();
  live::LiveDevices::on(device, [person = person(), connection = connection_, weak = weakViewer(),
                                 index = loop_.index(), if_free, done = answerLater(message)](live::LiveDevice& live) {
    done(live.drive(person, connection, weak, index, if_free));
  });
  return {};
}

Status LiveSocket::leave(const Message&, const Device& device) {
  live::LiveDevices::on(device, [person = person()](live::LiveDevice& live) { live.leave(person); });
  return {};
}

Status LiveSocket::beat(const Message& message, const Device& device) {
  const auto epoch = json::getInt(message.object, "epoch");
  if (!epoch) return fail(epoch.error());
  const auto text = json::getString(message.object, "stamp");
  if (!text) return fail(text.error());
  const auto stamp = link::Stamp::parse(*text);
  if (!stamp) return fail(stamp.error().code, stamp.error().message, "/stamp");
  live::LiveDevices::on(device,
                        [person = person(), connection = connection_, epoch = static_cast<Epoch>(*epoch),
                         stamp = *stamp](live::LiveDevice& live) { live.beat(person, connection, epoch, stamp); });
  return {};
}

Status LiveSocket::command(const Message& message, const Device& device) {
  live::CommandCall call;
  const auto name = json::getString(message.object, "name");
  if (!name) return fail(name.error());
  call.name = *name;
  auto params = json::getObject(message.object, "params");
  if (!params) return fail(params.error());
  call.params = *params;
  if (message.object.has("epoch")) {
    const auto epoch = json::getInt(message.object, "epoch");
    if (!epoch) return fail(epoch.error());
    if (*epoch < 0) return fail(ErrorCode::invalid_argument, "An epoch is not negative.", "/epoch");
    call.epoch = static_cast<Epoch>(*epoch);
  }
  const auto key = optionalText(message.object, "key", 64);
  if (!key) return fail(key.error());
  call.key = *key;
  call.connection = connection_;
  // Its states go to the person's pages that watch, so this one must be among them.
  if (const Status watching = watchWith(device); !watching) return watching;
  live::LiveDevices::on(
      device, [person = session_->person, call = std::move(call), done = answerLater(message)](live::LiveDevice& live) {
        done({});
        live.command(person, call);
      });
  return {};
}

Status LiveSocket::stop(const Message& message, const Device& device) {
  const std::string reason = stopReason(message.object);
  live::LiveDevices::on(device, [person = session_->person, reason, done = answerLater(message)](
                                    live::LiveDevice& live) { done(live.pressStop(person, reason)); });
  return {};
}

Status LiveSocket::stopAll(const Message& message) {
  const std::string reason = stopReason(message.object);
  for (const auto all = context_.devices.all(); const auto& [id, device] : *all)
    if (context_.identity.may(session_.get(), identity::Permission::stop, device->placeNow().get()))
      live::LiveDevices::on(device, [person = session_->person, reason](live::LiveDevice& live) {
        (void)live.pressStop(person, reason);
      });
  return {};
}

Status LiveSocket::reset(const Message& message, const Device& device) {
  const bool administrator =
      context_.identity.may(session_.get(), identity::Permission::administer, device->placeNow().get());
  live::LiveDevices::on(device, [person = session_->person, administrator, done = answerLater(message)](
                                    live::LiveDevice& live) { done(live.resetStop(person, administrator)); });
  return {};
}

Status LiveSocket::moderate(const Message& message, const Device& device) {
  auto wish = readModeration(message.object);
  if (!wish) return fail(wish.error());
  const bool takes_over = wish->action == live::Moderation::Action::take_over && !wish->bans;
  // As for join: whoever takes over must be seen to be here, and drives from here.
  if (takes_over)
    if (const Status watching = watchWith(device); !watching) return watching;
  std::function<void(live::LiveDevice&)> then;
  if (takes_over)
    then = [person = person(), connection = connection_, weak = weakViewer(), index = loop_.index()](
               live::LiveDevice& live) { (void)live.drive(person, connection, weak, index, false); };
  api::moderate(context_, device, {session_->person, address_, false}, *wish, std::move(then), answerLater(message));
  return {};
}

Status LiveSocket::ping(const Message&) {
  socket_->sendText("{\"type\":\"pong\",\"at_ms\":" + std::to_string(toMs(context_.clock.wall())) + "}");
  return {};
}

// ---- the upgrade --------------------------------------------------------------------------------------------------

void addLiveRoute(Router& router, Context& context) {
  // What may be watched is asked device by device.
  router
      .add<Permission::signed_in>(
          "GET", "/api/v1/live", "The live socket of pages (WebSocket).",
          [&context](Request request) {
            // A socket can do what changing requests do, so a page's asks for its Origin as they do.
            if (request.via == Via::cookie && !fromOwnPage(request.exchange->head(), context.policy()->origins))
              return request.answer(refusedPage(request.exchange->head(), "may not open this socket"));
            if (!request.exchange->wantsWebSocket())
              return request.answer(Error{ErrorCode::invalid_argument, "This address is a WebSocket.", ""});
            net::WebSocketOptions options;
            options.data_behind = std::chrono::seconds(20);
            if (auto socket = request.exchange->acceptWebSocket(options))
              LiveSocket::begin(context, *request.session, request.actor().address, std::move(socket));
          })
      .takes_ticket = true;
}

}  // namespace robohub::api
