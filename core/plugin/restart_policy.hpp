// When a driver's process that ended is started again: at once the first time, because a device that opens is safe, and
// then ever later, so that one that cannot live does not burn the machine. Pure. Not thread-safe.
#pragma once
#include <algorithm>
#include <deque>

#include "base/time.hpp"

namespace robohub::plugin {

class RestartPolicy {
 public:
  // An end at `now`; how long to wait before the next start.
  Duration onEnd(MonoTime now) {
    while (!ends_.empty() && now - ends_.front() > kMemory) ends_.pop_front();
    ends_.push_back(now);
    if (ends_.size() == 1) return Duration::zero();
    const auto doublings = std::min<std::size_t>(ends_.size() - 2, 10);
    return std::min<Duration>(kFirstDelay * (1u << doublings), kLongestDelay);
  }
  // How long to wait before an opening when so many in a row have failed and an output may be on all the while. None of
  // these is an end: what is left on is to be switched off, not to be spared.
  static Duration whileOn(std::size_t failed) {
    if (failed == 0) return Duration::zero();
    return failed < kQuickTries ? kFirstDelay : Duration(std::chrono::seconds(1));
  }
  // How many ends are remembered: what a quarantine would look at.
  std::size_t recentEnds() const { return ends_.size(); }

 private:
  static constexpr Duration kMemory = std::chrono::minutes(10);
  static constexpr Duration kFirstDelay = std::chrono::milliseconds(100);
  static constexpr std::size_t kQuickTries = 100;
  static constexpr Duration kLongestDelay = std::chrono::seconds(30);
  std::deque<MonoTime> ends_;
};

}  // namespace robohub::plugin
