// The part `telemetry` of robohub.yaml.
#pragma once
#include "config/section.hpp"
#include "telemetry/settings.hpp"

namespace robohub::hub {

// Errors are the section's: a level that is kept shorter than a finer one.
void readTelemetry(config::Section& section, telemetry::Settings& settings);

}  // namespace robohub::hub
