// Several segments as one MP4, by copying: nothing is decoded, so a minute of video costs what reading and writing it
// costs. Only what fits the first segment follows it: the muxer would take anything, and a browser's decoder would stop
// at the joint.
#pragma once
#include "video/hub_channel.hpp"

namespace robohub::video {

// Asks for segments until there are no more, writes the joined video to `output` and reads it back. Says how it ended.
void runJoin(HubChannel& hub, int output, std::int64_t most_bytes);

}  // namespace robohub::video
