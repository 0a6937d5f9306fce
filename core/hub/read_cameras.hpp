// The part `cameras` of robohub.yaml, and `streams` of a device there.
#pragma once
#include "config/section.hpp"
#include "gateway/camera_settings.hpp"

namespace robohub::hub {

// Errors are the section's: an entry that is neither host, network nor the beginning of a URL.
void readCameras(config::Section& section, gateway::CameraSettings& settings);
// After readCameras(). Errors: a URL that is not among those allowed; credentials without a colon.
void readStreams(const std::string& device, config::Section& section, gateway::CameraSettings& settings);

}  // namespace robohub::hub
