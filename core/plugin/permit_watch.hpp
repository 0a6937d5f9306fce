// A driver's process halts by its own clock when a permit runs out, and says so. One that is frozen as a whole can do
// neither, and its outputs stay on for as long as its host waits for an answer. So the host counts along, whatever its
// agent's loop does meanwhile. Pure. Not thread-safe.
//
// A machine that stands still over a permit's end wakes host and process in the same moment, and the process halts
// within some two milliseconds. Killed on sight it would not, and what goes on without it (PWM of a chip) is off only
// when another process has opened the device. So a host that overslept gives it a moment from its own waking, once.
#pragma once
#include <algorithm>
#include <cstdint>

#include "base/time.hpp"

namespace robohub::plugin {

// What counts as having overslept, and the moment that is given for it.
inline constexpr auto kOverslept = std::chrono::milliseconds(3);
inline constexpr auto kOversleptMoment = std::chrono::milliseconds(8);

class PermitWatch {
 public:
  // `grace`: so long behind a permit's end the process may take until it has said that it is safe.
  explicit PermitWatch(Duration grace) : grace_(grace) {}

  // It was given this permit, in place of the one before, after so many halts of the host.
  void permit(MonoTime until, std::uint64_t halts) {
    if (paused_) return;
    until_ = look_at_ = until;
    over_ = spared_ = false;
    halts_ = halts;
  }
  // It owes nothing: it has been opened, or has halted, which is safe.
  void clear() {
    endTurn();
    paused_ = false;
  }
  // It may be closing and opening the device by itself: until it says that it has, or confirms a halt, it can have lost
  // permits.
  // `halts`: so many halts of the host were sent before; the answer to one of those does not say that it is open again.
  void pause(std::uint64_t halts) {
    endTurn();
    halts_ = halts;
    paused_ = true;
  }
  // Its turn was ended by whoever gave it.
  void endTurn() { until_ = look_at_ = MonoTime::max(); }
  // It says that it has halted by its own clock. A word about an earlier permit does not settle a renewed one.
  void onOwnHalt(MonoTime now) {
    if (now >= until_) clear();
  }
  // It has confirmed halt number `halt` of the host: permits of before are void.
  void onConfirmed(std::uint64_t halt) {
    if (halt > halts_) clear();
  }
  // Whether there is anything to wait for.
  bool owes() const { return until_ != MonoTime::max(); }
  // When isFrozen() is to be asked next; max: not.
  MonoTime due() const { return look_at_; }
  // Whether it counts as frozen. `stands`: says whether the whole process is stopped, so that no moment would help it;
  // asked only where that makes a difference.
  template <class Stands>
  bool isFrozen(MonoTime now, Stands stands) {
    if (now < look_at_) return false;
    const Duration overslept = now - look_at_;
    if (!over_)
      look_at_ = until_ + grace_;  // the permit's own end tells a stall of this machine from one of the process
    over_ = true;
    if (const MonoTime moment = now + momentAt(now - until_);
        overslept > kOverslept && !spared_ && moment > look_at_ && !stands()) {
      spared_ = true;
      look_at_ = moment;
    }
    return now >= look_at_;
  }

 private:
  // Outputs are off at most 50 ms behind the permit's end, and the kill takes some of them. Where these are over
  // already, what halts by itself is off sooner than one that is killed.
  static Duration momentAt(Duration overdue) {
    using std::chrono::milliseconds;
    if (overdue >= milliseconds(50)) return kOversleptMoment;
    const Duration left = milliseconds(40) - overdue;
    return left < milliseconds(3) ? Duration::zero() : std::min<Duration>(left, kOversleptMoment);
  }

  Duration grace_;
  MonoTime until_ = MonoTime::max();
  MonoTime look_at_ = MonoTime::max();
  bool over_ = false;    // was looked at behind its end
  bool spared_ = false;  // has had its moment
  std::uint64_t halts_ = 0;
  bool paused_ = false;
};

}  // namespace robohub::plugin
