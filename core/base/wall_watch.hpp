// Whoever deletes what is old by the wall clock must not believe one that has just been set: a board without a battery
// wakes in 1970, a time server may send everybody into another year for a minute, and what was deleted meanwhile does
// not come back. So the wall clock is looked at beside the monotonic one, and nothing goes for its age until both have
// run side by side for a while.
#pragma once
#include "base/time.hpp"

namespace robohub {

// [one thread at a time]
class WallWatch {
 public:
  static constexpr Duration kSteadyFor = std::chrono::minutes(10);
  static constexpr Duration kStep = std::chrono::minutes(1);  // less than this between two looks is no step

  // Reads both clocks. To be called every minute or so, also while nothing is to be deleted.
  void look(const Clock& clock);
  // That no look for kSteadyFor has found a step. Not before the first look is so long ago.
  bool steady(MonoTime now) const { return has_looked_ && now >= since_ + kSteadyFor; }

 private:
  bool has_looked_ = false;
  MonoTime since_{};
  std::int64_t offset_ms_ = 0;  // wall clock less monotonic one
};

}  // namespace robohub
