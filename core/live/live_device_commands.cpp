// Commands of a LiveDevice: schema first, then the rules, then who hears what becomes of them.
#include <algorithm>

#include "live/live_device.hpp"
#include "net/websocket_frame.hpp"

namespace robohub::live {

namespace {
// What is left of one message of the link for the parameters: a longer one would cost the device its link.
constexpr std::size_t kMaxParams = link::kMaxTextBytes - 1024;
constexpr std::size_t kUsualBytes = 448;  // of a state that the page is told
constexpr Duration kLasting = std::chrono::milliseconds(50);
}  // namespace

control::CommandRecord LiveDevice::command(const identity::Person& person, const CommandCall& call, Duration wait,
                                           CommandDone done) {
  control::CommandRequest request;
  request.name = call.name;
  request.epoch = call.epoch;
  request.key = call.key;
  request.from_program = call.from_program;
  request.by_guest = person.kind == identity::PersonKind::guest;

  control::CommandRecord record;
  auto refused = [&](Error error) {
    record.key = call.key;
    record.name = call.name;
    record.person = person.id;
    record.epoch = call.epoch;
    record.state = control::CommandState::refused;
    record.received = now();
    record.finished = record.received;
    record.error = std::move(error);
    control::CommandChanged changed{record};
    carry(changed);
    if (done) done(record);
    return record;
  };

  if (retired_) return refused({ErrorCode::not_found, "This device is no longer enrolled.", ""});
  if (services_.bans)
    if (auto banned = services_.bans->refusal(person.id, id_.str())) return refused(std::move(*banned));
  if (!device_type_)
    return refused({ErrorCode::unsupported,
                    plugin_version_.empty()
                        ? "The plugin " + type_ + " is not installed here."
                        : "Version " + plugin_version_ + " of " + type_ + " is not installed here; only stop works.",
                    ""});
  const plugin::Command* type = device_type_->type->command(call.name);
  if (!type) return refused({ErrorCode::not_found, "A " + type_ + " has no command \"" + call.name + "\".", "/name"});

  // What a window sent before another one of the same person took over may come behind that, by a slower way.
  const auto driver = drivers_.find(person.id);
  request.elsewhere = call.connection != 0 && driver != drivers_.end() && driver->second.connection != call.connection;

  const json::Object::Ptr params = call.params ? call.params : json::Object::Ptr(new json::Object);
  if (Status valid = type->params.validate(json::Var(params), "/params"); !valid) return refused(valid.error());
  request.params_json = json::write(*params);
  if (request.params_json.size() > kMaxParams)
    return refused({ErrorCode::too_large,
                    "The parameters have " + std::to_string(request.params_json.size()) + " bytes; a device takes " +
                        std::to_string(kMaxParams) + ".",
                    "/params"});
  request.needs_turn = type->needs_turn;
  request.ttl_ms = type->ttl.count();

  record = control_.command(person.id, request, now(), effects_);
  if (DeviceAudit::concerns(*device_type_->type, *type) && !control::isFinal(record.state))
    audit_.taken(person, record, request.params_json);
  if (done) {
    if (control::isFinal(record.state)) {
      done(record);
    } else {
      Waiter waiter{record.id, ++newest_waiter_, 0, std::move(done)};
      waiter.timer = loop_.after(wait, [weak = weak_from_this(), id = record.id, number = waiter.number] {
        auto self = weak.lock();
        if (!self) return;
        if (const control::CommandRecord* newest = self->control_.findCommand(id)) self->answerWaiters(*newest, number);
      });
      waiters_.push_back(std::move(waiter));
    }
  }
  carryOut();
  return record;
}

// Most commands are over in less than a millisecond. Their end tells all times on the way, so that pages would be woken
// in vain for each state before it.
void LiveDevice::carry(control::CommandChanged& effect) {
  const auto untold = std::find_if(untold_.begin(), untold_.end(),
                                   [&](const Untold& each) { return each.command_id == effect.record.id; });
  if (!control::isFinal(effect.record.state)) {
    if (untold != untold_.end() || !watched()) return;
    untold_.push_back({effect.record.id, now() + kLasting});
    if (untold_.size() == 1) tellLater();
    return;
  }
  if (untold != untold_.end()) untold_.erase(untold);
  tellState(effect.record);
  if (services_.tally) services_.tally->commandEnded(effect.record);
  audit_.ended(effect.record, now());
  answerWaiters(effect.record);
}

void LiveDevice::tellState(const control::CommandRecord& record) {
  if (!watched()) return;
  std::string message;
  message.reserve(kUsualBytes + record.value_json.size());
  message.append(net::kFrameRoom, '\0') += "{\"type\":\"command\",";
  appendCommandMembers(message, record, id_, receivedMs(record));
  message += '}';
  toPerson(record.person, shareBytes(net::encodeFrameInPlace(net::WebSocketOpcode::text, std::move(message))));
}

// Never cancelled: one timer for each 50 ms costs a busy device less than one for each command.
void LiveDevice::tellLater() {
  if (telling_) return;
  telling_ = true;
  loop_.after(std::max(Duration{0}, untold_.front().due - now()), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->telling_ = false;
    std::vector<Untold>& untold = self->untold_;
    const MonoTime now = self->now();
    const auto rest = std::find_if(untold.begin(), untold.end(), [&](const Untold& each) { return each.due > now; });
    for (auto due = untold.begin(); due != rest; ++due)
      if (const control::CommandRecord* newest = self->control_.findCommand(due->command_id)) self->tellState(*newest);
    untold.erase(untold.begin(), rest);
    if (!untold.empty()) self->tellLater();
  });
}

// All who wait for it, or the one with this number.
void LiveDevice::answerWaiters(const control::CommandRecord& record, std::uint64_t only) {
  std::vector<Waiter> due;
  for (std::size_t i = 0; i < waiters_.size();) {
    if (waiters_[i].command_id == record.id && (only == 0 || waiters_[i].number == only)) {
      due.push_back(std::move(waiters_[i]));
      waiters_[i] = std::move(waiters_.back());
      waiters_.pop_back();
    } else {
      ++i;
    }
  }
  for (Waiter& waiter : due) {
    loop_.cancel(waiter.timer);
    waiter.done(record);
  }
}

}  // namespace robohub::live
