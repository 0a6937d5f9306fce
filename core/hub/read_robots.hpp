// The part `robots` of robohub.yaml.
#pragma once
#include "config/section.hpp"
#include "gateway/robot_tcp/settings.hpp"

namespace robohub::hub {

// Errors are the section's: an address that other machines reach without `plaintext`, origins that are none, a schema
// that is outside the profile, a type that the protocol has itself.
void readRobots(config::Section& section, gateway::RobotSettings& settings);

}  // namespace robohub::hub
