#include "cloud_camera/yuyv.hpp"

#include <algorithm>
#include <array>

namespace cloud_camera {
namespace {

using Table = std::array<std::uint8_t, 256>;

// What each value becomes when those from `zero` on, `span` of them, become `full` from `to` on.
constexpr Table stretched(int zero, int span, int to, int full) {
  Table table{};
  for (int value = 0; value < 256; ++value) {
    const int twice = 2 * (value - zero) * full;
    const int scaled = (twice + (twice < 0 ? -span : span)) / (2 * span);  // rounded
    table[static_cast<std::size_t>(value)] = static_cast<std::uint8_t>(std::clamp(to + scaled, 0, 255));
  }
  return table;
}

constexpr Table kAsItIs = stretched(0, 255, 0, 255);
constexpr Table kBrightness = stretched(16, 219, 0, 255);
constexpr Table kColour = stretched(128, 224, 128, 255);

}  // namespace

void unpackYuyv(const std::uint8_t* bytes, std::size_t line_bytes, bool limited, Frame& frame) {
  const Table& brightness = limited ? kBrightness : kAsItIs;
  const Table& colour = limited ? kColour : kAsItIs;
  const auto width = static_cast<std::size_t>(frame.width);
  for (std::size_t row = 0; row < static_cast<std::size_t>(frame.height); ++row) {
    const std::uint8_t* line = bytes + row * line_bytes;
    for (std::size_t x = 0; x < width; ++x) frame.y[row * width + x] = brightness[line[2 * x]];
    if (row % 2 != 0) continue;
    for (std::size_t x = 0; x < width / 2; ++x) {
      frame.u[row / 2 * (width / 2) + x] = colour[line[4 * x + 1]];
      frame.v[row / 2 * (width / 2) + x] = colour[line[4 * x + 3]];
    }
  }
}

}  // namespace cloud_camera
