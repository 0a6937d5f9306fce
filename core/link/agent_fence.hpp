// The last place that can refuse: whatever the network, a page or a hub does, the fence in the agent decides alone, on
// its own clock, whether an output may be energised and whether a command still runs.
//
//   - Nothing is permitted without a link, a grant of the highest epoch ever seen, and a beat of the page (or a command
//     of a program) whose stamp is of THIS connection and younger than the dead-man. Permit = min(stamp + dead-man,
//     stamp of the grant + lease). A hub, page, network or agent that freezes therefore ends it by itself.
//   - A command runs only in its own live epoch, under a permit, with a rising seq, within ttl of its stamp, once.
//     Commands with epoch 0 are taken only where the type declares that they need no turn.
//   - A stop latches until it is reset by its id. `stopped confirmed:true` is sent only after the driver confirmed a
//     halt that was ordered after the stop came in. The latch outlives the link and is told in the next hello. After a
//     reset only stamps made after it count; the hub gets them behind `reset_done`, so nothing is energised while
//     people are still shown a confirmed stop.
//   - Losing the link halts and voids everything of that connection.
//   - Each command gets exactly one result while its link lasts; those that run when a halt comes are cancelled. One
//     that still runs at the next beat is acknowledged behind it.
//
// Pure: no clock, thread or socket. Owned by one loop. `now` never goes back. All effects are appended to `out`.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "link/fence_effects.hpp"
#include "link/messages.hpp"
#include "link/run_book.hpp"

namespace robohub::link {

// What the agent's shell knows about its device type's commands.
class CommandCheck {
 public:
  virtual ~CommandCheck() = default;
  // Validates the parameters against the type's own schema. true: the command needs a turn. Errors (not_found,
  // invalid_argument with a JSON pointer) become a `refused` result.
  virtual Result<bool> check(std::string_view name, std::string_view params_json) const = 0;
};

struct FenceSettings {
  Hello identity;  // device, agent, boot, plugin; nonce, epoch and stopped are filled in by the fence
  Duration deadman = std::chrono::milliseconds(500);  // > 0
  Duration max_lease = std::chrono::minutes(10);      // longer leases are cut to it
  Duration max_ttl = std::chrono::seconds(60);        // longer ttl_ms are cut to it
  std::size_t max_running = 64;                       // commands in the driver at once; more are refused
  // Above zero: where the hub asks for beats at a multiple of it, they come at multiples of it, so that many fences of
  // one loop share its alarms and their beats are spread, whenever the links began. For a fence that runs in the hub.
  Duration beat_grid{};
  std::uint64_t first_run =
      1;  // where devices answer by number over more than one life of the fence: not the same twice
};

class AgentFence {
 public:
  // `check` is not owned and must outlive the fence. The driver is taken to be open and SAFE.
  AgentFence(FenceSettings settings, const CommandCheck& check);

  // ---- link. `nonce` names the connection; a message or loss of another connection than the newest is ignored.
  // Sends the hello; beats begin with the hub's welcome. A link that was up counts as lost.
  void onConnected(const Nonce& nonce, MonoTime now, FenceEffects& out);
  void onHubMessage(const Nonce& nonce, const HubMessage& message, MonoTime now, FenceEffects& out);
  void onLinkLost(const Nonce& nonce, MonoTime now, FenceEffects& out);
  // Whoever holds the turn `epoch` has spoken right here, without a hub between: for a fence that runs in the hub,
  // where a browser of an older device speaks over that device's own gateway. Counts as the answer to a stamp made now,
  // so the stamps that a page would answer to are made seldom meanwhile.
  void onHolderSpoke(Epoch epoch, MonoTime now, FenceEffects& out);

  // ---- driver
  // The answer to HaltDriver, or later a better one: a driver that was killed and reopened is SAFE, so the shell then
  // reports the same number again with ok = true. No permit is given while the newest halt is unconfirmed; one that
  // failed is ordered again, at most ten times a second, while somebody drives.
  void onHaltDone(std::uint64_t number, bool ok, std::string_view message, MonoTime now, FenceEffects& out);
  void onCommandDone(std::uint64_t run, const Outcome& outcome, MonoTime now, FenceEffects& out);
  // The driver's process is gone: what ran has failed, the permit is void, nothing is dispatched until it is back.
  void onDriverLost(std::string_view message, MonoTime now, FenceEffects& out);
  // Opened again, which means SAFE: counts as the answer to every halt so far.
  void onDriverOpened(MonoTime now, FenceEffects& out);

  // ---- time. Call it at nextDeadline() or later; every other input does it by itself first.
  void tick(MonoTime now, FenceEffects& out);
  MonoTime nextDeadline() const;  // MonoTime::max() when nothing is due

  // ---- what holds now
  bool permitted(MonoTime now) const { return now < permit_until_; }
  Epoch epoch() const { return highest_; }
  const std::optional<StopFacts>& stop() const { return stop_; }
  bool linked() const { return !nonce_.isNone(); }

 private:
  void take(const Welcome& welcome, MonoTime now, FenceEffects& out);
  void take(const Grant& grant, MonoTime now, FenceEffects& out);
  void take(const HubBeat& beat, MonoTime now, FenceEffects& out);
  void take(const End& end, MonoTime now, FenceEffects& out);
  void take(const Command& command, MonoTime now, FenceEffects& out);
  void take(const Cancel& cancel, MonoTime now, FenceEffects& out);
  void take(const Stop& stop, MonoTime now, FenceEffects& out);
  void take(const Reset& reset, MonoTime now, FenceEffects& out);
  template <class Other>
  void take(const Other&, MonoTime, FenceEffects&) {}  // welcome of bulk, refused, watch: the shell's

  void advance(MonoTime now, FenceEffects& out);
  Status checkStamp(const Stamp& stamp, Duration longest, MonoTime now) const;
  Status admit(const Command& command, MonoTime now, FenceEffects& out);
  void feed(const Stamp& stamp, MonoTime now, FenceEffects& out);
  void dropLink(FenceEffects& out);
  void halt(HaltReason reason, FenceEffects& out);
  MonoTime beatAfter(MonoTime now) const;
  void cancelRuns(RunBook::Which which, const Outcome& outcome, FenceEffects& out);
  void answerStop(bool ok, std::string_view message, FenceEffects& out);
  void sendResult(std::string id, Outcome outcome, FenceEffects& out);
  void send(AgentMessage message, FenceEffects& out);

  const FenceSettings settings_;
  const CommandCheck& check_;

  Nonce nonce_;  // of the connection that is up; none when none is
  bool welcomed_ = false;
  Duration beat_interval_{};
  MonoTime spoke_at_ = MonoTime::min();  // see onHolderSpoke(); of highest_
  MonoTime next_beat_ = MonoTime::max();

  Epoch floor_ = 0;       // refuse anything up to it
  Epoch highest_ = 0;     // highest epoch seen
  bool granted_ = false;  // highest_ was granted on this connection and has not ended
  MonoTime lease_until_ = MonoTime::min();
  MonoTime permit_until_ = MonoTime::min();
  std::uint64_t turn_seq_ = 0;  // newest seq of highest_
  std::uint64_t free_seq_ = 0;  // newest seq of epoch 0 on this connection

  std::uint64_t halt_number_ = 0;     // newest halt ordered
  std::uint64_t halt_confirmed_ = 0;  // newest halt that the driver confirmed
  HaltReason halted_for_ = HaltReason::link_lost;
  MonoTime halt_again_ = MonoTime::max();  // the newest one failed: whoever drives from then on has it tried again
  bool driver_open_ = true;
  std::optional<StopFacts> stop_;
  std::uint64_t stop_halt_ = 0;          // the halt that must be confirmed before the stop is
  bool stop_asked_ = false;              // the hub waits for `stopped`
  MonoTime reset_at_ = MonoTime::min();  // stamps from before it move nothing any more

  RunBook runs_;
};

}  // namespace robohub::link
