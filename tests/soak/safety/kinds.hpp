// What can fail, or be pressed, while a lamp is on.
#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

#include "soak/safety/rig.hpp"

namespace soak {

struct Kind {
  const char* name;
  Stage stage;
  bool of_all;       // it hits all devices at the same moment
  bool is_stop;      // somebody presses it: 99 of 100 lamps are off within 50 ms
  bool ends_driver;  // its process dies of it
  // Before the random moment of the fault; may be null.
  void (*prepare)(Device&);
  // Lets it happen to this device (the first of all where it hits all) and returns when it did (CLOCK_MONOTONIC).
  std::int64_t (*fail)(Rig&, Device&);
  // The random moments of all devices lie within 400 ms, or within so much for each of them. Where nothing but another
  // process makes it dark, what is judged is how soon that opens the device, not how many this machine can start in one
  // moment.
  std::chrono::milliseconds apart{0};
};

const std::vector<Kind>& kinds();

}  // namespace soak
