#include "control/device_control.hpp"

#include <algorithm>

namespace robohub::control {
namespace {

void log(Effects& out, link::EventLevel level, EventKind kind, std::string text) {
  out.push_back(LogEvent{level, kind, std::move(text)});
}

const char* sentence(TurnEnd reason) {
  switch (reason) {
    case TurnEnd::time_up: return "'s turn is over: the time is up.";
    case TurnEnd::gave_back: return " gave the turn back.";
    case TurnEnd::lost: return "'s turn is over: the connection was lost.";
    case TurnEnd::skipped: return "'s turn was ended";
    case TurnEnd::removed: return " was taken out of the line";
    case TurnEnd::none:
    case TurnEnd::stopped:
    case TurnEnd::taken: break;
  }
  return "'s turn was taken away.";
}

}  // namespace

DeviceControl::DeviceControl(ControlSettings settings, Restored restored)
    : settings_(settings),
      line_(settings.turns),
      epochs_(restored.epochs_reserved),
      commands_(settings.max_pending, settings.max_keys, settings.expiry_margin),
      stop_(std::move(restored.stop), settings.stop_answer),
      lease_(settings.max_lease, settings.deadman) {}

// ---- people -------------------------------------------------------------------------------------------------------

void DeviceControl::connectionOpened(const PersonId& person, MonoTime now, Effects& out) {
  advance(now, out);
  const bool back = line_.holds(person) && !line_.holderPresent();
  line_.connectionOpened(person);
  if (back) out.push_back(TurnChanged{});  // the grace time, which those who wait have nothing of
  settle(now, out);
}

void DeviceControl::connectionClosed(const PersonId& person, MonoTime now, Effects& out) {
  advance(now, out);
  line_.connectionClosed(person, now);
  if (line_.holds(person) && !line_.holderPresent()) out.push_back(TurnChanged{});
  settle(now, out);
}

Status DeviceControl::join(const Person& person, MonoTime now, Effects& out) {
  advance(now, out);
  const bool stood = line_.stands(person.id);
  const bool by_program = line_.holds(person.id) && line_.holder()->is_program;
  auto joined = line_.join(person, lease_.leasedUntil(), now);
  if (!stood) line_changed_ |= joined.has_value();
  // A program's turn has no grace time that is shown.
  if (line_.holds(person.id) && stood && by_program != person.is_program) out.push_back(TurnChanged{});
  settle(now, out);
  if (stood) tellYou(person.id, TurnEnd::none, now, out);
  return joined;
}

void DeviceControl::leave(const PersonId& person, MonoTime now, Effects& out) {
  advance(now, out);
  if (line_.holds(person)) {
    endTurn(TurnEnd::gave_back, now, out);
  } else if (line_.leaveLine(person)) {
    line_changed_ = true;
    tellYou(person, TurnEnd::none, now, out);
  }
  settle(now, out);
}

void DeviceControl::touch(const PersonId& person, MonoTime now, Effects& out) {
  advance(now, out);
  line_.touch(person, now);
  settle(now, out);
}

void DeviceControl::revoke(const PersonId& person, MonoTime now, Effects& out) {
  advance(now, out);
  if (line_.holds(person)) {
    endTurn(TurnEnd::taken, now, out);
  } else if (line_.leaveLine(person)) {
    line_changed_ = true;
    tellYou(person, TurnEnd::taken, now, out);
  }
  settle(now, out);
}

// ---- commands -----------------------------------------------------------------------------------------------------

void DeviceControl::offerStamp(const PersonId& person, MonoTime now, Effects& out) {
  advance(now, out);
  settle(now, out);
  if (line_.holds(person)) stampToHolder(out);
}

void DeviceControl::stampToHolder(Effects& out) {
  if (online() && lease_.hasStamp() && line_.holderPresent())
    out.push_back(StampToHolder{line_.holder()->id, line_.epoch(), lease_.newest()});
}

void DeviceControl::beat(const PersonId& person, Epoch epoch, const link::Stamp& stamp, MonoTime now, Effects& out) {
  advance(now, out);
  if (line_.holds(person) && online() && agent_.operable && !stop_.latched())
    if (auto beat = lease_.beat(epoch, stamp)) out.push_back(SendToAgent{*beat});
  settle(now, out);
}

CommandRecord DeviceControl::command(const PersonId& person, const CommandRequest& request, MonoTime now,
                                     Effects& out) {
  advance(now, out);
  line_.touch(person, now);
  Epoch epoch = request.needs_turn ? request.epoch : 0;
  if (request.needs_turn && epoch == 0 && request.from_program && line_.holds(person)) epoch = line_.epoch();

  CommandRecord record;
  // A key counts for the turn that the request NAMES, if it does: one that means "my present turn" is the same request
  // in the next turn, and must not be carried out again there.
  const Epoch key_epoch = request.needs_turn ? request.epoch : 0;
  auto known = commands_.known(person, request, key_epoch);
  if (known && *known) {
    record = **known;
  } else if (auto error = known ? refusal(person, request, epoch) : std::optional<Error>(known.error())) {
    record = commands_.refuse(person, request, epoch, std::move(*error), now);
  } else {
    record = commands_.open(person, request, epoch, key_epoch, now);
    link::Command message{record.id,      epoch,        lease_.nextSeq(epoch), lease_.newest(),
                          request.ttl_ms, request.name, request.params_json,   request.from_program && epoch != 0};
    out.push_back(SendToAgent{std::move(message)});
  }
  out.push_back(CommandChanged{record});
  settle(now, out);
  return record;
}

std::optional<Error> DeviceControl::refusal(const PersonId& person, const CommandRequest& request, Epoch epoch) const {
  if (!online() || !lease_.hasStamp()) return Error{ErrorCode::unavailable, "The device is offline.", {}};
  if (stop_.latched()) return Error{ErrorCode::stopped, "The device is stopped.", {}};
  if (!agent_.operable) return Error{ErrorCode::unsupported, "The plugin of this device is not installed here.", {}};
  if (request.needs_turn) {
    // A program that says which turn it means is told that it is over; a page knows its turn anyway.
    if (request.from_program && epoch != 0 && epoch != line_.epoch() && epoch <= epochs_.floor())
      return Error{ErrorCode::stale, "That turn is over.", {}};
    if (!line_.holds(person)) return Error{ErrorCode::conflict, "It is not your turn.", {}};
    if (request.elsewhere) return Error{ErrorCode::conflict, "Another window of yours drives.", {}};
    if (epoch != line_.epoch()) return Error{ErrorCode::stale, "That turn is over.", {}};
  }
  if (!request.needs_turn && commands_.crowded(person, request.by_guest))
    return Error{ErrorCode::exhausted, "Too many of these commands are under way; try again in a moment.", {}};
  if (commands_.full()) return Error{ErrorCode::exhausted, "The device has too many commands to answer.", {}};
  return std::nullopt;
}

// ---- stop ---------------------------------------------------------------------------------------------------------

void DeviceControl::pressStop(std::string by, std::string reason, std::int64_t at_ms, MonoTime now, Effects& out) {
  // Before anything else: nothing that is due now may stand before a stop.
  const auto pressed = stop_.press(std::move(by), std::move(reason), at_ms, online(), now);
  if (pressed.send) out.push_back(SendToAgent{stop_.message()});
  if (pressed.latched_anew) {
    out.push_back(PersistStop{stop_.record()});
    log(out, link::EventLevel::warning, EventKind::stop, stop_.record().by + " stopped the device.");
  }
  if (pressed.latched_anew || pressed.send) out.push_back(StopChanged{});
  advance(now, out);
  settle(now, out);
}

Status DeviceControl::resetStop(const PersonId& person, bool administrator, MonoTime now, Effects& out) {
  advance(now, out);
  Status done;
  const bool theirs = settings_.players_may_reset || (settings_.holder_may_reset && line_.holds(person));
  if (!administrator && !theirs) {
    done = fail(ErrorCode::permission_denied, settings_.holder_may_reset
                                                  ? "Only whoever drives or an administrator may end a stop."
                                                  : "Only an administrator may end a stop of this device.");
  } else if (!administrator && stop_.latched() && !resets_.take(now)) {
    done = fail(ErrorCode::exhausted, "Stops of this device are ended too often; try again in a moment.");
  } else if (auto reset = stop_.reset()) {
    out.push_back(SendToAgent{std::move(*reset)});
    out.push_back(StopChanged{});
  } else {
    done = fail(reset.error());
  }
  settle(now, out);
  return done;
}

// ---- agent --------------------------------------------------------------------------------------------------------

Epoch DeviceControl::epochFloor() const {
  return line_.holder() ? line_.epoch() - 1 : epochs_.floor();
}

void DeviceControl::agentOnline(const AgentFacts& facts, std::int64_t at_ms, MonoTime now, Effects& out) {
  advance(now, out);
  if (online()) loseAgent(now, out);
  agent_ = facts;
  heard_at_ = now;
  lease_.linkUp(facts.nonce);
  const auto found = stop_.online(facts.stopped, at_ms, now);
  if (found.taken_over) {
    out.push_back(PersistStop{stop_.record()});
    log(out, link::EventLevel::warning, EventKind::stop, "The device came with a stop that was not known here.");
  }
  if (found.send) {
    out.push_back(SendToAgent{stop_.message()});
    out.push_back(StopChanged{});
  }
  // It would refuse the present turn as older than what it saw.
  if (line_.holder() && facts.epoch > line_.epoch()) endTurn(TurnEnd::taken, now, out);
  epochs_.raiseAbove(facts.epoch);
  settle(now, out);
}

void DeviceControl::agentMessage(const link::Nonce& nonce, const link::AgentMessage& message, MonoTime now,
                                 Effects& out) {
  advance(now, out);
  if (online() && nonce == agent_.nonce) {
    heard_at_ = now;
    std::visit([&](const auto& m) { take(m, now, out); }, message);
  }
  settle(now, out);
}

void DeviceControl::heard(const link::Nonce& nonce, MonoTime now) {
  // One that was silent for too long is dropped by the next tick, whatever it says now.
  if (online() && nonce == agent_.nonce && now < heard_at_ + settings_.agent_silence) heard_at_ = now;
}

void DeviceControl::take(const link::AgentBeat& beat, MonoTime, Effects& out) {
  lease_.stamped(beat.t_ns, heard_at_);
  stampToHolder(out);
}

void DeviceControl::take(const link::Ack& ack, MonoTime now, Effects& out) {
  commands_.acknowledged(ack.id, now, out);
}

void DeviceControl::take(const link::CommandResult& result, MonoTime now, Effects& out) {
  commands_.finished(result.id, result.outcome, now, out);
}

void DeviceControl::take(const link::Stopped& answer, MonoTime, Effects& out) {
  if (!stop_.answered(answer)) return;
  out.push_back(StopChanged{});
  if (answer.confirmed)
    log(out, link::EventLevel::info, EventKind::stop, "The device confirmed that it has stopped.");
  else
    log(out, link::EventLevel::error, EventKind::stop, "The device could NOT confirm that it has stopped.");
}

void DeviceControl::take(const link::ResetDone& answer, MonoTime, Effects& out) {
  if (!stop_.resetDone(answer)) return;
  out.push_back(StopChanged{});
  if (stop_.latched()) {
    log(out, link::EventLevel::error, EventKind::stop, "The stop could not be ended: " + stop_.view().message);
  } else {
    out.push_back(PersistStop{stop_.record()});
    log(out, link::EventLevel::info, EventKind::stop, "The stop was ended.");
  }
}

void DeviceControl::agentLost(const link::Nonce& nonce, MonoTime now, Effects& out) {
  advance(now, out);
  if (online() && nonce == agent_.nonce) loseAgent(now, out);
  settle(now, out);
}

void DeviceControl::loseAgent(MonoTime now, Effects& out) {
  agent_ = AgentFacts();
  lease_.linkDown();
  commands_.linkLost(now, out);
  stop_.offline();
  if (stop_.latched()) out.push_back(StopChanged{});
}

// ---- store --------------------------------------------------------------------------------------------------------

void DeviceControl::epochsReserved(Epoch up_to, MonoTime now, Effects& out) {
  advance(now, out);
  epochs_.reserved(up_to);
  settle(now, out);
}

void DeviceControl::epochsNotReserved(MonoTime now, Effects& out) {
  advance(now, out);
  epochs_.failed(now + settings_.reserve_retry);
  if (line_.due()) {
    log(out, link::EventLevel::error, EventKind::turn,
        "The next turn cannot begin: its number could not be written to disk.");
  }
  settle(now, out);
}

// ---- time ---------------------------------------------------------------------------------------------------------

void DeviceControl::tick(MonoTime now, Effects& out) {
  advance(now, out);
  settle(now, out);
}

MonoTime DeviceControl::nextDeadline() const {
  const MonoTime silent_at = online() ? heard_at_ + settings_.agent_silence : MonoTime::max();
  return std::min(
      {line_.nextDeadline(), epochs_.nextDeadline(), commands_.nextDeadline(), stop_.nextDeadline(), silent_at});
}

void DeviceControl::configure(const ControlSettings& settings, MonoTime now, Effects& out) {
  advance(now, out);
  settings_ = settings;
  line_.configure(settings.turns, lease_.leasedUntil(), now);
  lease_.configure(settings.deadman);
  line_changed_ = true;
  settle(now, out);
}

void DeviceControl::advance(MonoTime now, Effects& out) {
  if (online() && now >= heard_at_ + settings_.agent_silence) {
    out.push_back(DropAgent{agent_.nonce, "The agent has been silent for too long."});
    loseAgent(now, out);
  }
  if (stop_.tick(now)) out.push_back(StopChanged{});
  commands_.tick(now, out);
  for (const PersonId& person : line_.dropLost(now)) {
    line_changed_ = true;
    tellYou(person, TurnEnd::lost, now, out);
  }
  if (const TurnEnd reason = line_.expired(now); reason != TurnEnd::none) endTurn(reason, now, out);
}

void DeviceControl::endTurn(TurnEnd reason, MonoTime now, Effects& out, const std::string& by) {
  const Epoch epoch = line_.epoch();
  const Person person = line_.finish();
  lease_.end();
  line_changed_ = true;
  if (online()) out.push_back(SendToAgent{link::End{epoch}});
  tellYou(person.id, reason, now, out);
  const bool open = reason == TurnEnd::skipped || reason == TurnEnd::removed;  // its sentence goes on
  log(out, link::EventLevel::info, EventKind::turn,
      person.name + sentence(reason) + (open ? (by.empty() ? std::string(".") : " by " + by + ".") : std::string()));
}

bool DeviceControl::mayGrant() const {
  return online() && agent_.operable && lease_.hasStamp() && (!stop_.latched() || settings_.holder_may_reset);
}

void DeviceControl::settle(MonoTime now, Effects& out) {
  bool began = false;
  if (line_.due() && mayGrant()) {
    if (const Epoch epoch = epochs_.take()) {
      line_.begin(epoch, now);
      lease_.begin(epoch);
      line_changed_ = began = true;
      log(out, link::EventLevel::info, EventKind::turn, line_.holder()->name + " has the turn.");
    }
  }
  if (const auto up_to = epochs_.wanted(line_.due() && mayGrant(), now)) out.push_back(ReserveEpochs{*up_to});
  if (line_.due() && mayGrant() && epochs_.usedUp() && !std::exchange(used_up_told_, true))
    log(out, link::EventLevel::error, EventKind::turn,
        "No turn can be numbered any more: the numbers of this device are used up. Enrol it under another id.");
  feedLease(out);
  if (std::exchange(line_changed_, false)) {
    out.push_back(TurnChanged{});
    if (line_.holder()) tellYou(line_.holder()->id, TurnEnd::none, now, out);
    for (std::size_t i = 0; i < line_.waitingCount(); ++i) tellYou(line_.waitingAt(i), TurnEnd::none, now, out);
  }
  if (began) stampToHolder(out);  // behind what tells the page that it has the turn
  if (line_.takeWarning(now)) {
    YouView you = line_.you(line_.holder()->id, now);
    you.warning = true;
    out.push_back(YouChanged{line_.holder()->id, you});
  }
}

void DeviceControl::feedLease(Effects& out) {
  // A driver that nobody here knows is not energised, whatever it does by itself when it is permitted.
  if (!online() || !agent_.operable || stop_.latched()) return;
  if (auto grant = lease_.grant(line_.endsAt())) out.push_back(SendToAgent{*grant});
}

void DeviceControl::tellYou(const PersonId& person, TurnEnd reason, MonoTime now, Effects& out) {
  YouView you = line_.you(person, now);
  you.reason = reason;
  out.push_back(YouChanged{person, you});
}

}  // namespace robohub::control
