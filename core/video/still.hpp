// One picture of a video, as JPEG: what the gallery shows.
#pragma once
#include "video/hub_channel.hpp"

namespace robohub::video {

// Asks for the one video, writes the JPEG to `output`, says how it ended.
void runStill(HubChannel& hub, int output);

}  // namespace robohub::video
