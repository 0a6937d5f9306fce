// A hobby servo follows its pulse no faster than its motor turns: 60 degrees in 0.1 s, at 0.44 degrees a count.
#pragma once
#include <chrono>

#include "rh/mutex.hpp"

namespace laser_turret {

// Thread-safe. Without pulses it stays where it is; the first pulse ever finds it there at once (nobody knows where a
// servo stood before).
class Servo {
 public:
  using Time = std::chrono::nanoseconds;  // monotonic

  // A new pulse width in counts; 0: no pulses.
  void command(unsigned counts, Time at) {
    const rh::Lock lock(mutex_);
    position_ = started_ ? positionAt(at) : static_cast<float>(counts);
    since_ = at;
    started_ = started_ || counts != 0;
    target_ = counts != 0 ? static_cast<float>(counts) : position_;
  }
  // Where it stands, in counts.
  float position(Time at) const {
    const rh::Lock lock(mutex_);
    return positionAt(at);
  }

 private:
  static constexpr float kCountsPerSecond = 1400;

  float positionAt(Time at) const RH_REQUIRES(mutex_) {
    const float way = target_ - position_;
    const float reach = kCountsPerSecond * std::chrono::duration<float>(at - since_).count();
    if (way > reach) return position_ + reach;
    if (way < -reach) return position_ - reach;
    return target_;
  }

  mutable rh::Mutex mutex_;
  float position_ RH_GUARDED_BY(mutex_) = 375;
  float target_ RH_GUARDED_BY(mutex_) = 375;
  Time since_ RH_GUARDED_BY(mutex_){0};
  bool started_ RH_GUARDED_BY(mutex_) = false;
};

}  // namespace laser_turret
