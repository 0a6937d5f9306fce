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
  static constexpr Epoch kLow = 16;                  // reserve the next block when fewer are left
  static constexpr Epoch kHighest = Epoch(1) << 62;  // JSON integers end at 2^63

  // `reserved`: what the store holds; every epoch up to it may have been used by an earlier run.
  explicit EpochSource(Epoch reserved) : next_(reserved + 1), reserved_(reserved), floor_(reserved) {}

  // The next number, or 0 while none is reserved.
  Epoch take();
  // What to reserve now, if anything; asked once until reserved() or failed().
  std::optional<Epoch> wanted(bool somebody_is_due, MonoTime now);
  void reserved(Epoch up_to);
  void failed(MonoTime retry_at);
  // An agent that saw a higher number than ours (an older copy of the store): go above it. False when that is
  // impossible (no agent of ours counts so far).
  bool raiseAbove(Epoch seen);

  bool failing() const { return failing_; }
  MonoTime nextDeadline() const { return failing_ ? retry_at_ : MonoTime::max(); }
  // The newest number that can be in use anywhere apart from a turn that lives now.
  Epoch floor() const { return floor_; }

 private:
  Epoch next_;
  Epoch reserved_;
  Epoch floor_;
  Epoch asked_ = 0;  // 0 = nothing asked
  bool failing_ = false;
  MonoTime retry_at_;
};

}  // namespace robohub::control
