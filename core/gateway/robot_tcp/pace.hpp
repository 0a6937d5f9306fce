// How much somebody may send: so much at once, and so much a second. Pure; owned by whoever counts.
#pragma once
#include <algorithm>

#include "base/time.hpp"

namespace robohub::gateway {

class RobotPace {
 public:
  RobotPace(double per_s, double burst) : per_s_(per_s), burst_(burst), left_(burst) {}

  // Counts it, and says how long to wait before more is taken; zero: no time.
  Duration take(MonoTime now, double cost = 1) {
    if (last_ != MonoTime{})
      left_ = std::min(burst_, left_ + std::chrono::duration<double>(now - last_).count() * per_s_);
    last_ = now;
    // What came is bounded by what was read; a debt for ever would be no pace.
    left_ = std::max(left_ - cost, -burst_);
    if (left_ >= 0) return Duration::zero();
    return std::chrono::nanoseconds(static_cast<std::int64_t>(-left_ / per_s_ * 1e9));
  }

 private:
  const double per_s_, burst_;
  double left_;
  MonoTime last_{};
};

}  // namespace robohub::gateway
