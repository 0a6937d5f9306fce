#include "live/waiting_values.hpp"

#include <utility>

namespace robohub::live {

WaitingValues::Put WaitingValues::put(const std::string& channel, const SharedBytes& frame) {
  Lock lock(mutex_);
  if (!ticks_) return Put::each;
  newest_[channel] = frame;
  return std::exchange(told_, true) ? Put::waits : Put::first;
}

void WaitingValues::begin() {
  Lock lock(mutex_);
  ticks_ = told_ = true;
}

WaitingValues::Values WaitingValues::take(bool tick_over) {
  Lock lock(mutex_);
  if (tick_over) told_ = false;
  return std::exchange(newest_, {});
}

WaitingValues::Values WaitingValues::end() {
  Lock lock(mutex_);
  ticks_ = told_ = false;
  return std::exchange(newest_, {});
}

}  // namespace robohub::live
