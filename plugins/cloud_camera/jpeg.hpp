// JPEG to planes and back, by libjpeg-turbo. A camera's JPEG is a stranger's word: it is measured before it is
// unpacked.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "cloud_camera/frame.hpp"

namespace cloud_camera {

// Planes of a picture (an odd last line or column is left out). False for what is no whole JPEG of at most 4096 x 4096.
bool decodeJpeg(std::string_view jpeg, Frame& frame);

// Empty when libjpeg refuses (out of memory).
std::vector<std::uint8_t> encodeJpeg(const Frame& frame, int quality);

}  // namespace cloud_camera
