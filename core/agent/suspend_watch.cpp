#include "agent/suspend_watch.hpp"

#include <time.h>

namespace robohub::agent {
namespace {

constexpr Duration kAtOnce = std::chrono::milliseconds(1);

Duration read(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Duration sleptSinceBoot() {
  // Somebody else may run between two readings, which must not look like sleep.
  for (int i = 0;; ++i) {
    const Duration before = read(CLOCK_MONOTONIC), boot = read(CLOCK_BOOTTIME), after = read(CLOCK_MONOTONIC);
    if (after - before < kAtOnce || i == 20) return boot - after;
  }
}

}  // namespace robohub::agent
