// Watches one permit's end on CLOCK_MONOTONIC, on a thread that does nothing else: it never calls a driver, takes no
// lock that a driver could hold, and so cannot be kept from noticing.
#pragma once
#include <functional>
#include <thread>

#include "base/mutex.hpp"
#include "base/time.hpp"

namespace robohub::plugin {

// [any-thread]
class SafetyClock {
 public:
  // `expired` is called on the clock's thread, once for each deadline that passes; it must not block.
  explicit SafetyClock(std::function<void()> expired);
  ~SafetyClock();

  // Replaces the deadline. One in the past expires at once.
  void set(MonoTime deadline);
  void clear();

 private:
  void run();

  std::function<void()> expired_;
  Mutex mutex_;
  Condition changed_;
  MonoTime deadline_ RH_GUARDED_BY(mutex_) = MonoTime::max();  // max: none
  bool stopping_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace robohub::plugin
