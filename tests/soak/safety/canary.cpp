#include "soak/safety/canary.hpp"

#include <sched.h>
#include <time.h>

#include <algorithm>

#include "base/short_turns.hpp"
#include "integration/support/process.hpp"

namespace soak {
namespace {

using robohub::integration::monotonicNs;

constexpr std::int64_t kSleepNs = 1'000'000;
constexpr std::int64_t kWorthNoting = 500'000;
constexpr std::size_t kKept = 20'000;
constexpr int kMost = 16;

}  // namespace

Canary::Canary() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  for (int i = 0; i < CPU_SETSIZE && static_cast<int>(threads_.size()) < kMost; ++i)
    if (CPU_ISSET(i, &allowed)) threads_.emplace_back([this, i] { run(i); });
}

Canary::~Canary() {
  ending_ = true;
  for (auto& thread : threads_) thread.join();
}

void Canary::run(int processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  ::sched_setaffinity(0, sizeof one, &one);
  robohub::askForShortTurns();  // behind robohub's own load it does not wait, then
  while (!ending_) {
    const std::int64_t due_ns = monotonicNs() + kSleepNs;
    const timespec until{due_ns / 1'000'000'000, due_ns % 1'000'000'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    const std::int64_t woke_ns = monotonicNs();
    if (woke_ns - due_ns < kWorthNoting) continue;
    if (woke_ns - due_ns > longest_ns_) longest_ns_ = woke_ns - due_ns;
    const std::lock_guard lock(mutex_);
    pauses_.push_back({due_ns, woke_ns});
    if (pauses_.size() > kKept) pauses_.pop_front();
  }
}

std::int64_t Canary::longestNs(std::int64_t from_ns, std::int64_t to_ns) const {
  std::int64_t longest = 0;
  const std::lock_guard lock(mutex_);
  for (const auto& pause : pauses_)
    longest = std::max(longest, std::min(pause.to_ns, to_ns) - std::max(pause.from_ns, from_ns));
  return longest;
}

}  // namespace soak
