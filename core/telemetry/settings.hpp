// The configuration's `telemetry` section. The defaults are those of config/robohub.yaml.
#pragma once
#include <chrono>
#include <cstddef>

#include "base/time.hpp"

namespace robohub::telemetry {

struct Settings {
  bool enabled = true;                              // counts at the start only
  Duration flush = std::chrono::seconds(1);         // so much of the newest may be lost with the hub's power
  Duration raw_keep = std::chrono::hours(48);       // single values
  Duration minutes_keep = std::chrono::hours(960);  // steps of one minute: 40 days
  Duration rollup_keep = std::chrono::hours(9600);  // steps of ten minutes and of one hour: 400 days
  Duration roll = std::chrono::minutes(1);          // no key: roll-ups are written so often
  std::size_t max_series = 20'000;                  // of all devices together
};

}  // namespace robohub::telemetry
