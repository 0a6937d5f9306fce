// Trials of one kind, and what they showed.
#pragma once
#include <cstdint>
#include <random>
#include <vector>

#include "soak/safety/canary.hpp"
#include "soak/safety/kinds.hpp"

namespace soak {

struct Figures {
  std::vector<std::int64_t> off_ns;  // how long after the fault, of the trials that count, late ones too
  int late = 0;                      // beyond dead-man + 50 ms, or still on
  int lit_alone = 0;                 // a lamp went on by itself: never excused
  int repeated = 0;                  // the machine paused, or the lamp was off before the fault: they count for nothing
  std::int64_t took_s = 0;
};

// Runs at least `trials` of them, all devices at once, each at a moment of its own where the fault is the device's.
// Prints what is not as promised. Throws when a trial cannot be made.
Figures runTrials(Rig& rig, const Kind& kind, int trials, std::mt19937_64& random, const Canary& canary);

// Prints one line; false when a promise was broken.
bool tell(const Kind& kind, Figures& figures);

}  // namespace soak
