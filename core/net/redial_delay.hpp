// How long to wait before dialling again: 0.2 s doubling to 10 s, each with +-50 % jitter, so that a hundred do
// not come back in step after the one that they dial was restarted. Pure: randomness comes in. Not thread-safe.
#pragma once
#include <algorithm>

#include "base/time.hpp"

namespace robohub::net {

class RedialDelay {
 public:
  static constexpr Duration kFirst = std::chrono::milliseconds(200);
  static constexpr Duration kLongest = std::chrono::seconds(10);

  // `random` in [0, 1).
  Duration next(double random) {
    const Duration delay = delay_;
    delay_ = std::min(delay_ * 2, kLongest);
    return Duration(static_cast<Duration::rep>(static_cast<double>(delay.count()) * (0.5 + random)));
  }
  // The other end has taken us: the next loss begins anew.
  void succeeded() { delay_ = kFirst; }
  // The other end wants us gone, but not for ever.
  void lengthen() { delay_ = kLongest; }

 private:
  Duration delay_ = kFirst;
};

}  // namespace robohub::net
