// Every turn gets a number greater than any before it on this device, even over crashes: numbers are reserved on disk
// in blocks before one of them is used. Gaps are allowed; a full disk therefore does not stop the line at once. Pure.
#pragma once
#include <optional>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace robohub::control {

class EpochSource {
 public:
  static constexpr Epoch kBlock = 64;
  static constexpr Epoch kLow = 16;                        // reserve the next block when fewer are left
  static constexpr Epoch kHighest = (Epoch(1) << 53) - 1;  // pages hold numbers in doubles
  // An agent is believed to have seen numbers up to this one: who has its key for a moment cannot use up all others.
  static constexpr Epoch kBelieved = Epoch(1) << 52;
  // What a hub gives lies below this, also when it had to go on above kBelieved.
  static constexpr Epoch kMostGiven = kBelieved + (Epoch(1) << 40);

  // `reserved`: what the store holds; every epoch up to it may have been used by an earlier run.
  explicit EpochSource(Epoch reserved) : next_(reserved + 1), reserved_(reserved) {}

  // The next number, or 0 while none is reserved.
  Epoch take();
  // What to reserve now, if anything; asked once until reserved() or failed(). Nothing is asked for a line that was
  // never used, so that a start with many devices writes nothing.
  std::optional<Epoch> wanted(bool somebody_is_due, MonoTime now);
  void reserved(Epoch up_to);
  void failed(MonoTime retry_at);
  // No number is left, and none will come.
  bool usedUp() const { return next_ > reserved_ && next_ - 1 + kBlock > kHighest; }
  // An agent that saw a higher number than ours (an older copy of the store): go above it, as far as it is believed.
  void raiseAbove(Epoch seen);

  MonoTime nextDeadline() const { return retry_at_; }
  // Every number up to it may have been used.
  Epoch floor() const { return next_ - 1; }

 private:
  Epoch next_;
  Epoch reserved_;
  bool asked_ = false;
  MonoTime retry_at_ = MonoTime::max();  // after a failure; else max
};

}  // namespace robohub::control
