#include "hub/read_telemetry.hpp"

namespace robohub::hub {

void readTelemetry(config::Section& section, telemetry::Settings& settings) {
  using namespace std::chrono_literals;
  section.atStart().boolean("enabled", &settings.enabled);
  section.duration("flush", &settings.flush, {100ms, 1min});
  section.duration("values", &settings.raw_keep, {4h, 24h * 60});
  section.duration("minutes", &settings.minutes_keep, {24h, 24h * 3660});
  section.duration("rollups", &settings.rollup_keep, {24h, 24h * 36600});
  section.integer("max_series", &settings.max_series, {1, 200'000});
  if (settings.minutes_keep < settings.raw_keep)
    section.refuse("minutes", "Steps of a minute are kept at least as long as the single values.");
  if (settings.rollup_keep < settings.minutes_keep)
    section.refuse("rollups", "Steps of ten minutes and of hours are kept at least as long as those of a minute.");
}

}  // namespace robohub::hub
