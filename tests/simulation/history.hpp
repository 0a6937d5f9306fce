// One history: hub, agent, driver, link and people together, faults from the seed, every invariant after every event.
#pragma once
#include <cstdint>
#include <string>

#include "world.hpp"

namespace simulation {

struct Outcome {
  std::string violation;  // empty: none
  Time at = 0;
  std::size_t turns = 0, executed = 0, events = 0;
};

Outcome runHistory(std::uint64_t seed, Defect defect, bool traced);

}  // namespace simulation
