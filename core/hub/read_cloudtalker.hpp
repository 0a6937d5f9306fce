// The part `cloudtalker` of robohub.yaml, and that of a device there.
#pragma once
#include "config/section.hpp"
#include "gateway/cloudtalker/settings.hpp"

namespace robohub::hub {

// Errors are the section's: a certificate without its key, a period that is no whole number of seconds.
void readCloudtalker(config::Section& section, gateway::CloudtalkerSettings& settings);
// Errors: no fingerprint, or one that another device has.
void readCloudtalkerDevice(const std::string& device, config::Section& section, gateway::CloudtalkerSettings& settings);

}  // namespace robohub::hub
