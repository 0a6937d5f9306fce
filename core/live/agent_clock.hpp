// A device's monotonic clock against this machine's wall clock. A value carries the time on the device's clock when it
// was measured; what it took to come here only makes it look older, so of the beats of the last minute or two the one
// that was quickest on the way says how the clocks stand to each other. Pure. Owned by the device's loop.
#pragma once
#include <algorithm>
#include <limits>

#include "base/time.hpp"

namespace robohub::live {

class AgentClock {
 public:
  // A new link: the device may have started anew.
  void reset() { *this = {}; }

  void heard(std::int64_t agent_ns, MonoTime now) {
    const std::int64_t offset = lessTime(toNs(now), agent_ns);
    if (since_ == MonoTime::min() || now > since_ + kWindow) {
      before_ = newest_;
      newest_ = kNone;
      since_ = now;
    }
    newest_ = std::min(newest_, offset);
  }

  // When that was by the wall clock: never in the future, and at most a year ago.
  std::int64_t wallMs(std::int64_t agent_ns, MonoTime now, WallTime wall) const {
    const std::int64_t offset = std::min(before_, newest_);
    if (offset == kNone) return toMs(wall);
    const std::int64_t age_ns = lessTime(lessTime(toNs(now), agent_ns), offset);
    return toMs(wall) - std::clamp<std::int64_t>(age_ns / 1'000'000, 0, kYearMs);
  }

 private:
  static constexpr Duration kWindow = std::chrono::minutes(1);
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kYearMs = 366LL * 24 * 3'600'000;
  // What a device says may be anything.
  static std::int64_t lessTime(std::int64_t a, std::int64_t b) {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(a, b, &difference))
      return a > b ? kNone - 1 : std::numeric_limits<std::int64_t>::min() + 1;
    return difference;
  }
  std::int64_t before_ = kNone, newest_ = kNone;  // least offsets of two windows
  MonoTime since_ = MonoTime::min();
};

}  // namespace robohub::live
