#include "link/agent_fence.hpp"

#include <algorithm>

namespace robohub::link {
namespace {

constexpr MonoTime kNever = MonoTime::min();
constexpr Duration kHaltAgain = std::chrono::milliseconds(100);
constexpr int kSeldom = 3;  // beats for each one that is made while nobody needs them

Outcome cancelled(ErrorCode code, const char* why) {
  return {FinalState::cancelled, code, why, {}, {}};
}

}  // namespace

const char* toString(HaltReason reason) {
  switch (reason) {
    case HaltReason::deadman: return "deadman";
    case HaltReason::lease_over: return "lease_over";
    case HaltReason::turn_over: return "turn_over";
    case HaltReason::stop: return "stop";
    case HaltReason::link_lost: return "link_lost";
  }
  return "stop";
}

AgentFence::AgentFence(FenceSettings settings, const CommandCheck& check)
    : settings_(std::move(settings)), check_(check), runs_(settings_.first_run) {}

// ---- link ---------------------------------------------------------------------------------------------------------

void AgentFence::onConnected(const Nonce& nonce, MonoTime now, FenceEffects& out) {
  advance(now, out);
  if (linked()) dropLink(out);
  nonce_ = nonce;
  Hello hello = settings_.identity;
  hello.nonce = nonce;
  hello.epoch = std::max(highest_, floor_);  // a hub that has forgotten how far it had counted goes on above it
  hello.stopped = stop_;
  out.push_back(SendToHub{std::move(hello)});
}

void AgentFence::onHubMessage(const Nonce& nonce, const HubMessage& message, MonoTime now, FenceEffects& out) {
  advance(now, out);
  if (nonce != nonce_ || nonce.isNone()) return;
  std::visit([&](const auto& m) { take(m, now, out); }, message);
}

void AgentFence::onLinkLost(const Nonce& nonce, MonoTime now, FenceEffects& out) {
  advance(now, out);
  if (nonce == nonce_ && linked()) dropLink(out);
}

void AgentFence::dropLink(FenceEffects& out) {
  nonce_ = Nonce();
  welcomed_ = false;
  granted_ = false;
  next_beat_ = MonoTime::max();
  lease_until_ = kNever;
  free_seq_ = 0;
  halt(HaltReason::link_lost, out);
  // Nobody is there to be told; the hub calls them unknown.
  for (const auto& run : runs_.take(RunBook::Which::all)) out.push_back(CancelRun{run.run});
  runs_.forgetIds();
}

void AgentFence::take(const Welcome& welcome, MonoTime now, FenceEffects& out) {
  welcomed_ = true;
  floor_ = std::max(floor_, welcome.epoch_floor);
  beat_interval_ = std::chrono::milliseconds(welcome.beat_ms);
  next_beat_ = now;  // at once: the hub can grant nothing before it has a stamp
  advance(now, out);
}

// ---- turns --------------------------------------------------------------------------------------------------------

Status AgentFence::checkStamp(const Stamp& stamp, Duration longest, MonoTime now) const {
  if (stamp.nonce != nonce_) return fail(ErrorCode::stale, "This was made for a link that is over.");
  if (stamp.t_ns > toNs(now)) return fail(ErrorCode::stale, "This carries a stamp of the future.");
  if (now - fromNs(stamp.t_ns) >= longest) return fail(ErrorCode::stale, "This came too late.");
  return {};
}

void AgentFence::take(const Grant& grant, MonoTime now, FenceEffects& out) {
  const Duration lease = std::min<Duration>(std::chrono::milliseconds(grant.lease_ms), settings_.max_lease);
  if (grant.epoch <= floor_ || grant.epoch < highest_ || !checkStamp(grant.stamp, lease, now)) return;
  if (grant.epoch > highest_) {
    if (permitted(now)) halt(HaltReason::turn_over, out);
    cancelRuns(RunBook::Which::of_turns, cancelled(ErrorCode::stale, "The turn ended while it ran."), out);
    highest_ = grant.epoch;
    floor_ = std::max(floor_, highest_ - 1);
    turn_seq_ = 0;
    // The next holder may be one who answers to stamps.
    if (std::exchange(spoke_at_, kNever) != kNever) next_beat_ = now;
  }
  granted_ = true;
  lease_until_ = fromNs(grant.stamp.t_ns) + lease;
  if (permit_until_ > lease_until_) {
    permit_until_ = lease_until_;
    out.push_back(GivePermit{highest_, permit_until_, halt_number_});
  }
}

void AgentFence::take(const HubBeat& beat, MonoTime now, FenceEffects& out) {
  if (!granted_ || beat.epoch != highest_ || beat.seq <= turn_seq_) return;
  if (!checkStamp(beat.stamp, settings_.deadman, now) || fromNs(beat.stamp.t_ns) < reset_at_) return;
  turn_seq_ = beat.seq;
  feed(beat.stamp, now, out);
}

void AgentFence::onHolderSpoke(Epoch epoch, MonoTime now, FenceEffects& out) {
  advance(now, out);
  if (!granted_ || epoch != highest_) return;
  spoke_at_ = now;
  feed({nonce_, toNs(now)}, now, out);
}

void AgentFence::feed(const Stamp& stamp, MonoTime now, FenceEffects& out) {
  if (stop_ || !driver_open_) return;
  // A driver that has not confirmed the newest halt may still be busy with it; it gets no permit until it has.
  if (halt_confirmed_ < halt_number_) {
    if (now >= halt_again_) halt(halted_for_, out);
    return;
  }
  const MonoTime until = std::min(fromNs(stamp.t_ns) + settings_.deadman, lease_until_);
  if (until <= now || until <= permit_until_) return;
  permit_until_ = until;
  out.push_back(GivePermit{highest_, until, halt_number_});
}

void AgentFence::take(const End& end, MonoTime now, FenceEffects& out) {
  floor_ = std::max(floor_, end.epoch);
  if (end.epoch < highest_) return;
  highest_ = end.epoch;
  granted_ = false;
  lease_until_ = kNever;
  if (permitted(now)) halt(HaltReason::turn_over, out);
  cancelRuns(RunBook::Which::of_turns, cancelled(ErrorCode::stale, "The turn ended while it ran."), out);
}

void AgentFence::halt(HaltReason reason, FenceEffects& out) {
  permit_until_ = kNever;
  halted_for_ = reason;
  halt_again_ = MonoTime::max();
  out.push_back(HaltDriver{++halt_number_, reason});
}

// ---- commands -----------------------------------------------------------------------------------------------------

void AgentFence::take(const Command& command, MonoTime now, FenceEffects& out) {
  // Made for a link that is over: nobody waits for an answer, and its id may be that of another command of this hub.
  if (command.stamp.nonce != nonce_) return;
  if (!runs_.remember(command.id)) return;  // it has had, or will have, its one answer
  if (auto status = admit(command, now, out); !status) {
    Error& error = status.error();
    sendResult(command.id, {FinalState::refused, error.code, std::move(error.message), std::move(error.where), {}},
               out);
  }
}

Status AgentFence::admit(const Command& command, MonoTime now, FenceEffects& out) {
  const Duration ttl = std::min<Duration>(std::chrono::milliseconds(command.ttl_ms), settings_.max_ttl);
  if (auto fresh = checkStamp(command.stamp, ttl, now); !fresh) return fresh;
  if (stop_ || fromNs(command.stamp.t_ns) < reset_at_) return fail(ErrorCode::stopped, "The device is stopped.");
  if (!driver_open_) return fail(ErrorCode::unavailable, "The driver is not running.");
  const bool of_turn = command.epoch != 0;
  if (of_turn && (!granted_ || command.epoch != highest_ || now >= lease_until_))
    return fail(ErrorCode::stale, "The turn of this command is over.");
  std::uint64_t& newest_seq = of_turn ? turn_seq_ : free_seq_;
  if (command.seq <= newest_seq) return fail(ErrorCode::stale, "A later command came first.");
  newest_seq = command.seq;
  // Fed before its parameters are looked at: a program's mistake shows that it is alive just as well.
  if (of_turn && command.feeds && now - fromNs(command.stamp.t_ns) < settings_.deadman) feed(command.stamp, now, out);

  auto needs_turn = check_.check(command.name, command.params_json);
  if (!needs_turn) return fail(needs_turn.error());
  if (*needs_turn && !of_turn) return fail(ErrorCode::conflict, "This command needs a turn.");
  if (of_turn && !permitted(now))
    return fail(ErrorCode::stale, "Whoever drives has been silent for too long; nothing moves until it is back.");
  if (runs_.count() >= settings_.max_running) return fail(ErrorCode::exhausted, "Too many commands run at once.");

  const MonoTime deadline = fromNs(command.stamp.t_ns) + ttl;
  const std::uint64_t run = runs_.start(command.id, command.epoch, deadline);
  out.push_back(RunCommand{run, command.id, command.name, command.params_json, command.epoch, deadline});
  return {};
}

void AgentFence::take(const Cancel& cancel, MonoTime, FenceEffects& out) {
  if (auto run = runs_.finish(cancel.id)) {
    out.push_back(CancelRun{run->run});
    sendResult(std::move(run->id), cancelled(ErrorCode::timeout, "The hub gave it up."), out);
  }
}

void AgentFence::onCommandDone(std::uint64_t number, const Outcome& outcome, MonoTime now, FenceEffects& out) {
  advance(now, out);
  if (auto run = runs_.finish(number)) sendResult(std::move(run->id), outcome, out);
}

void AgentFence::cancelRuns(RunBook::Which which, const Outcome& outcome, FenceEffects& out) {
  for (auto& run : runs_.take(which)) {
    out.push_back(CancelRun{run.run});
    sendResult(std::move(run.id), outcome, out);
  }
}

void AgentFence::sendResult(std::string id, Outcome outcome, FenceEffects& out) {
  send(CommandResult{std::move(id), std::move(outcome)}, out);
}

void AgentFence::send(AgentMessage message, FenceEffects& out) {
  if (linked()) out.push_back(SendToHub{std::move(message)});
}

// ---- stop ---------------------------------------------------------------------------------------------------------

void AgentFence::take(const Stop& stop, MonoTime, FenceEffects& out) {
  if (!stop_ || stopNumber(stop.id) >= stopNumber(stop_->id)) stop_ = StopFacts{stop.id, stop.by, stop.reason};
  halt(HaltReason::stop, out);
  stop_halt_ = halt_number_;
  stop_asked_ = true;
  cancelRuns(RunBook::Which::all, cancelled(ErrorCode::stopped, "The device was stopped while it ran."), out);
}

void AgentFence::answerStop(bool ok, std::string_view message, FenceEffects& out) {
  if (!stop_ || !stop_asked_) return;
  if (ok) stop_asked_ = false;  // after a failure the shell may still bring a better answer
  send(Stopped{stop_->id, ok, std::string(message)}, out);
}

void AgentFence::take(const Reset& reset, MonoTime now, FenceEffects& out) {
  if (!stop_) return send(ResetDone{reset.id, true, {}}, out);
  if (reset.id != stop_->id && stopNumber(reset.id) <= stopNumber(stop_->id))
    return send(ResetDone{reset.id, false, "A later stop is latched."}, out);
  // What could not be halted must not be driven either.
  if (halt_confirmed_ < stop_halt_)
    return send(ResetDone{reset.id, false, "The driver has not confirmed that its outputs are safe."}, out);
  stop_.reset();
  stop_asked_ = false;
  reset_at_ = now;
  send(ResetDone{reset.id, true, {}}, out);
  if (!welcomed_) return;
  next_beat_ = now;  // the hub needs a stamp that counts
  advance(now, out);
}

// ---- driver -------------------------------------------------------------------------------------------------------

void AgentFence::onHaltDone(std::uint64_t number, bool ok, std::string_view message, MonoTime now, FenceEffects& out) {
  advance(now, out);
  if (number > halt_number_ || number <= halt_confirmed_) return;
  if (ok) halt_confirmed_ = number;
  if (number == halt_number_) halt_again_ = ok ? MonoTime::max() : now + kHaltAgain;
  if (number >= stop_halt_) answerStop(ok, message, out);
}

void AgentFence::onDriverLost(std::string_view message, MonoTime now, FenceEffects& out) {
  advance(now, out);
  driver_open_ = false;
  permit_until_ = kNever;
  ++halt_number_;  // what a dead process left behind counts as halted only when the driver is open again
  cancelRuns(RunBook::Which::all, {FinalState::failed, ErrorCode::unavailable, std::string(message), {}, {}}, out);
}

void AgentFence::onDriverOpened(MonoTime now, FenceEffects& out) {
  advance(now, out);
  driver_open_ = true;
  halt_confirmed_ = halt_number_;
  answerStop(true, {}, out);
}

// ---- time ---------------------------------------------------------------------------------------------------------

void AgentFence::tick(MonoTime now, FenceEffects& out) {
  advance(now, out);
}

void AgentFence::advance(MonoTime now, FenceEffects& out) {
  if (permit_until_ != kNever && now >= permit_until_) {
    halt(permit_until_ == lease_until_ ? HaltReason::lease_over : HaltReason::deadman, out);
    cancelRuns(RunBook::Which::of_turns,
               cancelled(ErrorCode::stale, "Whoever drives fell silent, or the turn ended, while it ran."), out);
  }
  for (auto& run : runs_.takeExpired(now)) {
    out.push_back(CancelRun{run.run});
    sendResult(std::move(run.id), {FinalState::expired, ErrorCode::timeout, "It did not finish in time.", {}, {}}, out);
  }
  if (now >= next_beat_) {
    next_beat_ = beatAfter(now);
    send(AgentBeat{toNs(now), permitted(now), highest_}, out);
    // Most commands are over by now, and their results have said all; a message of its own for each would cost the hub
    // as much as the result.
    for (std::string& id : runs_.acknowledge()) send(Ack{std::move(id)}, out);
  }
}

// Never later than the interval, for a stamp's age counts against whoever drives; but seldom while that one speaks
// here.
MonoTime AgentFence::beatAfter(MonoTime now) const {
  const bool seldom = spoke_at_ != kNever && now < spoke_at_ + kSeldom * beat_interval_;
  const auto grid = settings_.beat_grid.count(), usual = beat_interval_.count();
  const auto interval = seldom ? kSeldom * usual : usual;
  if (grid <= 0 || usual <= grid) return now + std::chrono::nanoseconds(interval);
  const auto slots = static_cast<std::uint64_t>(usual / grid);
  const auto phase = static_cast<std::int64_t>(nonce_.low % slots) * grid;
  return fromNs((toNs(now) - phase) / interval * interval + phase + interval);
}

MonoTime AgentFence::nextDeadline() const {
  MonoTime next = std::min(runs_.nextDeadline(), next_beat_);
  return permit_until_ == kNever ? next : std::min(next, permit_until_);
}

}  // namespace robohub::link
