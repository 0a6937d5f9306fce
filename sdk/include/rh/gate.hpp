// The gate in front of every output. A command that hangs, is overtaken by a halt and then goes on must find it shut,
// however long it slept and whoever has the turn by then. Authors reach it through Device::whilePermitted().
#pragma once
#include <time.h>

#include <atomic>
#include <cstdint>

#include "rh/fault.hpp"
#include "rh/mutex.hpp"

namespace rh {

// CLOCK_MONOTONIC in nanoseconds: the clock of permits and deadlines.
inline std::int64_t monotonicNs() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

namespace detail {

// [any-thread]
class Gate {
 public:
  // A pass belongs to one call: it is void once the gate was shut after the call began, and under the permit of any
  // other turn than the call's own.
  struct Pass {
    std::uint64_t shuts = 0;
    std::uint64_t epoch = 0;  // 0: it opens nothing
  };

  void permit(std::uint64_t epoch, std::int64_t until_ns) {
    if (until_ns == 0) return shut();
    epoch_.store(epoch);
    until_ns_.store(until_ns);
  }
  void shut() {
    until_ns_.store(0);
    epoch_.store(0);
    shuts_.fetch_add(1);
  }
  bool open() const { return monotonicNs() < until_ns_.load(); }
  std::uint64_t epoch() const { return open() ? epoch_.load() : 0; }
  // For a call of the turn `epoch`.
  Pass pass(std::uint64_t epoch) const { return {shuts_.load(), epoch}; }
  // For what belongs to the turn that is on.
  Pass pass() const {
    const std::uint64_t shuts = shuts_.load();
    return {shuts, epoch()};
  }
  bool valid(Pass pass) const { return !shutSince(pass) && pass.epoch != 0 && pass.epoch == epoch(); }
  bool shutSince(Pass pass) const { return pass.shuts != shuts_.load(); }

  // Held while an output is written. Not recursive.
  Mutex outputs;

  // Takes `outputs` when it comes free within `patience_ns`. Polls, because a writer is done within microseconds or
  // hangs in the hardware, and timed locks would need a clock that thread sanitizers do not know. The analysis knows a
  // lock by the block that it stands in, and this one stands in the caller's.
  bool settle(Lock& lock, std::int64_t patience_ns) RH_NO_THREAD_SAFETY_ANALYSIS {
    const std::int64_t end_ns = monotonicNs() + patience_ns;
    while (!lock.try_lock()) {
      if (monotonicNs() >= end_ns) return false;
      const timespec nap{0, 20'000};
      nanosleep(&nap, nullptr);
    }
    return true;
  }

 private:
  std::atomic<std::int64_t> until_ns_{0};
  std::atomic<std::uint64_t> epoch_{0};
  std::atomic<std::uint64_t> shuts_{0};
};

}  // namespace detail
}  // namespace rh
