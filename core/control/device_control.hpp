// The hub's rules for one device: who drives, what may be sent, what was stopped. Everything that a person, a program,
// the agent or the clock does to a device goes through here, and what must be done comes back as effects.
//
// Decisions, in one place:
//   - Turns are first come, first served. Alone, the holder may go on (settings); whoever joins then starts the clock:
//     what is left of the length, at least `handover`. Once set, an end is not moved while anybody waits.
//   - A turn is given only when the agent is online, has sent a stamp, its plugin is installed, an epoch is reserved on
//     disk, and (for types with hazards) no stop is latched. Otherwise the line keeps its order and waits. The front
//     person whose connection is lost is passed over but keeps the place until the grace time is over.
//   - An offline device or a stop does not end a turn: the holder keeps it, the clock runs on, commands are refused
//     `unavailable` or `stopped`, and nothing is fed. When the device comes back the same epoch is granted again on the
//     new link (unless its plugin is not installed: then nothing is fed either); when the stop is reset, a new lease of
//     the same epoch is sent.
//   - Leases are short (`max_lease`) and renewed; the agent's always ends before the hub's turn. A turn that ends EARLY
//     (given back, lost, taken) sends `end`; what was sent before it may still run until `end` or the next grant
//     reaches the agent, at most for the permit (dead-man) or the command's ttl. A turn whose time is up needs no
//     message at all.
//   - A moderator skips the present turn, takes somebody out of the line, holds the line (the present turn goes on to
//     its end, then nobody gets one) or takes over: the present turn ends, and the moderator's comes before anybody
//     else's, also while the line is held, by whomever. A hold is no safety measure; it is forgotten with a restart.
//   - Commands are sent as soon as they are accepted; both times are in the record, one CommandChanged tells of both.
//     Nothing is queued for a device that is offline.
//   - A stop overtakes, is sent again on every link until it is confirmed, and only the device's own answer to a reset
//     ends it; so it can be reset only while the device is online. After a loss a confirmed stop is `unconfirmed` until
//     the device confirms it again. A stop that only the agent knows of (an older copy of the store) is taken over.
//   - There is one dead-man. beat() passes a page's echo on; commands of a program that holds the turn feed it.
//
// Pure: no clock, thread or socket; `now` never goes back. Owned by one loop. Effects are appended to `out`; every
// input first does what was due before `now`. All functions return at once.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/rate_limit.hpp"
#include "control/command_book.hpp"
#include "control/effects.hpp"
#include "control/epoch_source.hpp"
#include "control/lease_feeder.hpp"
#include "control/settings.hpp"
#include "control/stop_latch.hpp"
#include "control/turn_line.hpp"

namespace robohub::control {

// What the shell reads from the store at start. A fresh device: all default.
struct Restored {
  Epoch epochs_reserved = 0;
  StopRecord stop;
};

// What a control link's hello says.
struct AgentFacts {
  link::Nonce nonce;
  Epoch epoch = 0;  // the highest that it saw
  std::optional<link::StopFacts> stopped;
  bool operable = true;  // the hub has this type and version installed; otherwise only stop works
};

class DeviceControl {
 public:
  DeviceControl(ControlSettings settings, Restored restored);

  // ---- people. Call connectionOpened() for each live socket that watches this device before its join().
  void connectionOpened(const PersonId& person, MonoTime now, Effects& out);
  void connectionClosed(const PersonId& person, MonoTime now, Effects& out);
  // Who stands in the line already is told his place again, and nobody else anything. Errors: exhausted (the line is
  // full, or full of guests of this one's address).
  Status join(const Person& person, MonoTime now, Effects& out);
  // Leaves the line or gives the turn back; nothing when the person does neither.
  void leave(const PersonId& person, MonoTime now, Effects& out);
  // A program was heard of (it asked for the turn's state, say); a command counts too.
  void touch(const PersonId& person, MonoTime now, Effects& out);
  // The session ended or was revoked: out of the line at once, with reason "taken".
  void revoke(const PersonId& person, MonoTime now, Effects& out);

  // ---- moderation; the shell has checked the right to. `by`: the moderator's name.
  // Ends the present turn. `whose`: only when that person holds it, so that a late request skips nobody else. Errors:
  // conflict (nobody holds it, or somebody else).
  Status skip(const std::optional<PersonId>& whose, const std::string& by, MonoTime now, Effects& out);
  // Out of the line, or of the turn. Errors: conflict (not in the line).
  Status remove(const PersonId& person, const std::string& by, MonoTime now, Effects& out);
  // Again: with another reason.
  void hold(const std::string& by, std::string reason, MonoTime now, Effects& out);
  // Nothing when nobody holds it.
  void release(const std::string& by, MonoTime now, Effects& out);
  // Holding the turn already changes nothing.
  void takeOver(const Person& moderator, MonoTime now, Effects& out);

  // A page of this person begins to drive: what it can answer to at once, since the agent's next beat may come behind
  // the end of the permit that it lives on. Nothing unless the person holds the turn and the agent has made a stamp.
  void offerStamp(const PersonId& person, MonoTime now, Effects& out);
  // A page's answer to a stamp. Anything but the holder's own, of the live epoch and fresh, is dropped silently.
  void beat(const PersonId& person, Epoch epoch, const link::Stamp& stamp, MonoTime now, Effects& out);
  // Permission and schema were checked by the shell. Every call yields one record, also a refused one; a repeated key
  // yields the record of the first call (told again by CommandChanged). Later states come by CommandChanged.
  CommandRecord command(const PersonId& person, const CommandRequest& request, MonoTime now, Effects& out);
  // The newest state of a command that is pending or has a key; null otherwise.
  const CommandRecord* findCommand(std::string_view id) const { return commands_.find(id); }

  // ---- stop. `by`: the person's name. `at_ms`: wall clock, display only.
  void pressStop(std::string by, std::string reason, std::int64_t at_ms, MonoTime now, Effects& out);
  // `administrator`: has that permission. `person` may play; which of those may end a stop is decided here (settings).
  // Who is no administrator ends 10 stops at once, then one in two seconds: each is written to disk with the next
  // press, which is never refused. Errors: permission_denied, exhausted, conflict (nothing is stopped), unavailable.
  Status resetStop(const PersonId& person, bool administrator, MonoTime now, Effects& out);

  // ---- agent. The shell answers the hello with a welcome that carries epochFloor(), then calls agentOnline().
  Epoch epochFloor() const;
  // A second link replaces the first. `at_ms`: wall clock, for a stop that only the agent knows of.
  void agentOnline(const AgentFacts& facts, std::int64_t at_ms, MonoTime now, Effects& out);
  // Beat, ack, result, stopped and reset_done; others only count as a sign of life. Messages of another link than the
  // newest are void.
  void agentMessage(const link::Nonce& nonce, const link::AgentMessage& message, MonoTime now, Effects& out);
  // A sign of life without more: what agentMessage() makes of a measured value, without a look at anything else.
  void heard(const link::Nonce& nonce, MonoTime now);
  void agentLost(const link::Nonce& nonce, MonoTime now, Effects& out);

  // ---- store: answers to ReserveEpochs
  void epochsReserved(Epoch up_to, MonoTime now, Effects& out);
  void epochsNotReserved(MonoTime now, Effects& out);

  // ---- time
  void tick(MonoTime now, Effects& out);
  MonoTime nextDeadline() const;  // MonoTime::max() when nothing is due

  // Takes over the turns' settings, who may reset and the dead-man; the rest is fixed at construction.
  void configure(const ControlSettings& settings, MonoTime now, Effects& out);

  // ---- what holds now
  bool online() const { return !agent_.nonce.isNone(); }
  TurnView turn(MonoTime now) const { return line_.view(now); }
  YouView you(const PersonId& person, MonoTime now) const { return line_.you(person, now); }
  StopView stop() const { return stop_.view(); }
  // What must survive; equals what ReserveEpochs and PersistStop have asked for.
  const StopRecord& stopRecord() const { return stop_.record(); }

 private:
  void advance(MonoTime now, Effects& out);  // what was due before an input
  void settle(MonoTime now, Effects& out);   // what an input has made possible, and who must be told
  bool mayGrant() const;
  void endTurn(TurnEnd reason, MonoTime now, Effects& out, const std::string& by = {});
  void feedLease(Effects& out);
  void stampToHolder(Effects& out);
  void loseAgent(MonoTime now, Effects& out);
  void tellYou(const PersonId& person, TurnEnd reason, MonoTime now, Effects& out);
  std::optional<Error> refusal(const PersonId& person, const CommandRequest& request, Epoch epoch) const;
  void take(const link::AgentBeat& beat, MonoTime now, Effects& out);
  void take(const link::Ack& ack, MonoTime now, Effects& out);
  void take(const link::CommandResult& result, MonoTime now, Effects& out);
  void take(const link::Stopped& answer, MonoTime now, Effects& out);
  void take(const link::ResetDone& answer, MonoTime now, Effects& out);
  template <class Other>
  void take(const Other&, MonoTime, Effects&) {}  // hello, telemetry, events: the shell's

  ControlSettings settings_;
  TurnLine line_;
  EpochSource epochs_;
  CommandBook commands_;
  StopLatch stop_;
  LeaseFeeder lease_;
  AgentFacts agent_;  // nonce is none while offline
  MonoTime heard_at_;
  RateLimit resets_{0.5F, 10};  // by others than administrators
  bool line_changed_ = false;
  bool used_up_told_ = false;
};

}  // namespace robohub::control
