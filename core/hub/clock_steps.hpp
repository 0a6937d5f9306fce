// A wall clock that was set lengthens or ends what goes by it (sessions, certificates, bans), so people are told. That
// a time server sets it once, behind the start of a board without a battery, is no lasting trouble, and a machine that
// was suspended has not had its clock set. So the wall clock is compared with one that goes on through suspends, and a
// step is told for a day.
#pragma once
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace robohub::hub {

// Pure: both clocks come in. [one thread at a time]
class ClockSteps {
 public:
  static constexpr Duration kStep = std::chrono::seconds(60);  // together, since the last one that was told
  static constexpr Duration kToldFor = std::chrono::hours(24);

  // To be called every few seconds. `since_boot`: of a clock that nobody sets and that goes on while the machine is
  // suspended (CLOCK_BOOTTIME). By how much the newest step has moved the wall clock; zero where none is told.
  Duration look(WallTime wall, Duration since_boot);

 private:
  std::optional<Duration> ahead_;  // wall clock less the other, as of the first look or the newest step
  Duration step_{0};
  Duration stepped_at_{0};  // since boot
};

}  // namespace robohub::hub
