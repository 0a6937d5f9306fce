// Live pictures as a video: H.264 with the times at which the pictures came, so that a camera that is slow or stalls is
// shown as it was.
#pragma once
#include "video/hub_channel.hpp"

namespace robohub::video {

// Reads pictures from `pictures` (media/worker_words.hpp) to its end and writes a fragmented MP4 of the first one's
// size to `output`; what is there can be read whenever the power goes. Damaged pictures are left out. Says how it
// ended.
void runRecord(HubChannel& hub, int pictures, int output, std::int64_t most_bytes);

}  // namespace robohub::video
