// Pictures as cameras without JPEG give them, YUYV (V4L2_PIX_FMT_YUYV: brightness of each pixel, colour of each pair),
// into planes. Pure.
#pragma once
#include <cstddef>
#include <cstdint>

#include "cloud_camera/frame.hpp"

namespace cloud_camera {

// Fills a frame that has its size from as many lines of `line_bytes` each, of which the first 2 * width are read.
// `limited`: brightness is 16 to 235 and colour 16 to 240 there, as in television (ITU-R BT.601). It is
// stretched to the 0 to 255 that our JPEGs and videos have: black would be grey else.
void unpackYuyv(const std::uint8_t* bytes, std::size_t line_bytes, bool limited, Frame& frame);

}  // namespace cloud_camera
