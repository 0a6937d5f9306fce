// A driver's process halts by its own clock when a permit runs out, and says so. One that is frozen as a whole can do
// neither, and its outputs stay on for as long as its host waits for an answer. So the host counts along, whatever its
// agent's loop does meanwhile. Pure. Not thread-safe.
#pragma once
#include <cstdint>

#include "base/time.hpp"

namespace robohub::plugin {

class PermitWatch {
 public:
  // `grace`: so long behind a permit's end the process may take until it has said that it is safe.
  explicit PermitWatch(Duration grace) : grace_(grace) {}

  // It was given this permit, in place of the one before, after so many halts of the host.
  void permit(MonoTime until, std::uint64_t halts) {
    if (paused_) return;
    until_ = until;
    halts_ = halts;
  }
  // It owes nothing: it has been opened, or has halted, which is safe.
  void clear() {
    until_ = MonoTime::max();
    paused_ = false;
  }
  // It may be closing and opening the device by itself: until it says that it has, or confirms a halt, it can have lost
  // permits.
  // `halts`: so many halts of the host were sent before; the answer to one of those does not say that it is open again.
  void pause(std::uint64_t halts) {
    until_ = MonoTime::max();
    halts_ = halts;
    paused_ = true;
  }
  // Its turn was ended by whoever gave it.
  void endTurn() { until_ = MonoTime::max(); }
  // It says that it has halted by its own clock. A word about an earlier permit does not settle a renewed one.
  void onOwnHalt(MonoTime now) {
    if (now >= until_) clear();
  }
  // It has confirmed halt number `halt` of the host: permits of before are void.
  void onConfirmed(std::uint64_t halt) {
    if (halt > halts_) clear();
  }
  // When it counts as frozen; max: there is nothing to wait for.
  MonoTime due() const { return until_ >= MonoTime::max() - grace_ ? MonoTime::max() : until_ + grace_; }

 private:
  Duration grace_;
  MonoTime until_ = MonoTime::max();
  std::uint64_t halts_ = 0;
  bool paused_ = false;
};

}  // namespace robohub::plugin
