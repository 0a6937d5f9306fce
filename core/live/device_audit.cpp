#include "live/device_audit.hpp"

#include <algorithm>
#include <utility>

#include "base/json.hpp"

namespace robohub::live {

namespace {

constexpr std::size_t kMaxParams = 500;
constexpr std::size_t kMaxWhy = 200;
constexpr std::size_t kMaxPending = 256;
constexpr std::size_t kMaxEndings = 64;  // with switches told apart; beyond that they are joined

identity::Actor actorOf(const identity::Person& person) {
  return {person.id.str(), person.name, ""};
}

std::string cutText(std::string text) {
  if (text.size() <= kMaxWhy) return text;
  std::size_t end = kMaxWhy;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

identity::Outcome outcomeOf(control::CommandState state) {
  if (state == control::CommandState::succeeded) return identity::Outcome::ok;
  return state == control::CommandState::refused ? identity::Outcome::refused : identity::Outcome::failed;
}

// "on+" of {"on":true}. Numbers are no part of it: a joystick's are different each time.
std::string switchesOf(const std::string& params_json) {
  if (params_json.find("true") == std::string::npos && params_json.find("false") == std::string::npos) return "";
  const auto params = json::parseObject(params_json);
  if (!params) return "";
  std::string text;
  for (const auto& [name, value] : **params)
    if (value.isBoolean()) text += name + (value.convert<bool>() ? "+" : "-");
  return text;
}

}  // namespace

void DeviceAudit::note(identity::Actor actor, const char* action, identity::Outcome outcome, std::string detail_json) {
  if (note_) note_({std::move(actor), action, object_, outcome, std::move(detail_json)});
}

void DeviceAudit::ending(const PersonId& person, control::TurnEnd reason) {
  if (holder_ && holder_->id == person) reason_ = reason;
}

void DeviceAudit::endTurn(MonoTime now) {
  for (auto& [ending, repeated] : repeated_) {
    if (repeated.more == 0) continue;
    if (commands_told_.take(now))
      noteRepeated(ending, repeated);
    else
      leaveOut(repeated);
  }
  repeated_.clear();
  if (!std::exchange(told_turn_, false)) {
    reason_.reset();
    return;
  }
  std::string detail = "{\"epoch\":" + std::to_string(epoch_);
  if (reason_) detail += std::string(",\"reason\":\"") + control::toString(*reason_) + "\"";
  note({holder_->id.str(), holder_->name, ""}, "turn.end", identity::Outcome::ok, detail + "}");
  reason_.reset();
}

bool DeviceAudit::mayTellTurn(MonoTime now) {
  if (turns_counted_ != MonoTime{})
    turns_left_ = std::min(kTurnsAtOnce,
                           turns_left_ + std::chrono::duration<double>(now - turns_counted_).count() * kTurnsPerSecond);
  turns_counted_ = now;
  if (turns_left_ < 1) return false;
  turns_left_ -= 1;
  return true;
}

void DeviceAudit::state(const control::TurnView& turn, const control::StopView& stop, MonoTime now) {
  if (holder_ && (!turn.holder || turn.epoch != epoch_)) endTurn(now);
  if (turn.holder && (!holder_ || turn.epoch != epoch_)) {
    told_turn_ = mayTellTurn(now);
    if (told_turn_) {
      std::string detail = "{\"epoch\":" + std::to_string(turn.epoch);
      if (const auto left_out = std::exchange(turns_left_out_, 0))
        detail += ",\"turns_left_out_before\":" + std::to_string(left_out);
      note({turn.holder->id.str(), turn.holder->name, ""}, "turn.begin", identity::Outcome::ok, detail + "}");
    } else {
      ++turns_left_out_;
    }
  }
  holder_ = turn.holder;
  epoch_ = turn.epoch;

  const bool latched = stop.state != control::StopState::none;
  const bool was_latched = stop_.state != control::StopState::none;
  // A stop that is there at the start was written down when it was pressed.
  if (seen_ && latched && (!was_latched || stop.id != stop_.id)) {
    // Without somebody here it came with the agent, which knew of it when we did not.
    const std::string detail = "{\"id\":" + json::quote(stop.id) + ",\"by\":" + json::quote(stop.by) +
                               ",\"reason\":" + json::quote(stop.reason) + "}";
    note(presser_ ? actorOf(*presser_) : identity::Actor::hub(), "stop.press", identity::Outcome::ok, detail);
  }
  if (was_latched && !latched)
    note(resetter_ ? actorOf(*resetter_) : identity::Actor::hub(), "stop.reset", identity::Outcome::ok,
         "{\"id\":" + json::quote(stop_.id) + "}");
  else if (stop_.resetting && !stop.resetting && resetter_)
    note(actorOf(*resetter_), "stop.reset", identity::Outcome::failed,
         "{\"id\":" + json::quote(stop.id) + ",\"why\":" + json::quote(stop.message) + "}");
  if (!stop.resetting) resetter_.reset();
  stop_ = stop;
  seen_ = true;
}

void DeviceAudit::resetting(const identity::Person& person, const Status& answer, MonoTime now) {
  if (answer) {
    resetter_ = person;
    return;
  }
  if (answer.error().code != ErrorCode::permission_denied) return;
  if (!refusals_told_.take(now)) {
    ++refusals_left_out_;
    return;
  }
  const auto left_out = std::exchange(refusals_left_out_, 0);
  note(actorOf(person), "stop.reset", identity::Outcome::refused,
       left_out > 0 ? "{\"left_out_before\":" + std::to_string(left_out) + "}" : "{}");
}

bool DeviceAudit::concerns(const plugin::DeviceType& type, const plugin::Command& command) {
  return command.hazardous || (command.needs_turn && !type.hazards.empty());
}

void DeviceAudit::taken(const identity::Person& person, const control::CommandRecord& record,
                        const std::string& params_json) {
  if (record.id.empty() || pending_.size() >= kMaxPending) return;
  pending_[record.id] = {actorOf(person), params_json.size() <= kMaxParams ? params_json : "\"(too long)\""};
}

void DeviceAudit::ended(const control::CommandRecord& record, MonoTime now) {
  if (!control::isFinal(record.state)) return;
  auto found = pending_.extract(record.id);
  if (found.empty()) return;
  Pending& taken = found.mapped();
  Ending ending{record.name, switchesOf(taken.params_json), record.state};
  if (repeated_.size() >= kMaxEndings && repeated_.count(ending) == 0) ending.switches.clear();
  auto [at, is_first] = repeated_.try_emplace(std::move(ending));
  Repeated& repeated = at->second;
  const bool same = !is_first && repeated.actor.id == taken.actor.id;
  if (!is_first && !same && repeated.more > 0) {
    if (commands_told_.take(now))
      noteRepeated(at->first, repeated);
    else
      leaveOut(repeated);
  }
  repeated.actor = std::move(taken.actor);
  repeated.params_json = std::move(taken.params_json);
  repeated.epoch = record.epoch;
  repeated.why.reset();
  if (record.error) repeated.why = cutText(record.error->message);
  ++repeated.more;
  if (same && now - repeated.noted_at < kTogether) return;
  if (!commands_told_.take(now)) return;
  noteRepeated(at->first, repeated);
  repeated.noted_at = now;
}

void DeviceAudit::noteRepeated(const Ending& ending, Repeated& repeated) {
  std::string detail = "{\"command\":" + json::quote(ending.command) + ",\"epoch\":" + std::to_string(repeated.epoch);
  detail += ",\"params\":" + repeated.params_json;
  detail += std::string(",\"state\":\"") + control::toString(ending.state) + "\"";
  if (repeated.why) detail += ",\"why\":" + json::quote(*repeated.why);
  if (repeated.more > 1) detail += ",\"times\":" + std::to_string(repeated.more);
  if (const auto left_out = std::exchange(commands_left_out_, 0))
    detail += ",\"left_out_before\":" + std::to_string(left_out);
  note(repeated.actor, "command.hazard", outcomeOf(ending.state), detail + "}");
  repeated.more = 0;
}

void DeviceAudit::leaveOut(Repeated& repeated) {
  commands_left_out_ += static_cast<std::uint64_t>(repeated.more);
  repeated.more = 0;
}

}  // namespace robohub::live
