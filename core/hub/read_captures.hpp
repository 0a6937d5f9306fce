// The part `captures` of robohub.yaml.
#pragma once
#include "config/section.hpp"
#include "media/capture_settings.hpp"

namespace robohub::hub {

// Errors are the section's: a device may have more than all together.
void readCaptures(config::Section& section, media::CaptureSettings& settings);

}  // namespace robohub::hub
