// A machine that is suspended stops CLOCK_MONOTONIC with it: afterwards every stamp, permit and dead-man of before
// looks as young as when it fell asleep, though the world has gone on. CLOCK_BOOTTIME goes on meanwhile, so the
// distance of the two says what was slept.
#pragma once
#include "base/time.hpp"

namespace robohub::agent {

// CLOCK_BOOTTIME minus CLOCK_MONOTONIC. [any-thread]
Duration sleptSinceBoot();

// Pure. Owned by one loop.
class SuspendWatch {
 public:
  static constexpr Duration kTolerated = std::chrono::milliseconds(500);

  // As sleptSinceBoot() says it now.
  explicit SuspendWatch(Duration slept) : slept_(slept) {}
  // How long the machine slept since the last call, if that is more than is tolerated; else zero.
  Duration notice(Duration slept) {
    const Duration since = slept - slept_;
    slept_ = slept;
    return since > kTolerated ? since : Duration::zero();
  }

 private:
  Duration slept_;
};

}  // namespace robohub::agent
