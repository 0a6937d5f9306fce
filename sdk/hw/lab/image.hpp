// A picture in memory, as simulated cameras paint it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/lab/vec.hpp"

namespace rh::hw::lab {

// Rows of red, green, blue bytes (sRGB).
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;

  Image() = default;
  Image(int w, int h) : width(w), height(h), rgb(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * 3) {}
  std::uint8_t* at(int x, int y) {
    return &rgb[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 3];
  }
  const std::uint8_t* at(int x, int y) const { return const_cast<Image*>(this)->at(x, y); }
};

// Linear light to an sRGB byte.
inline std::uint8_t encodeLight(float light) {
  static const auto table = [] {
    std::array<std::uint8_t, 4097> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const double v = static_cast<double>(i) / 4096;
      const double s = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
      bytes[i] = static_cast<std::uint8_t>(s * 255 + 0.5);
    }
    return bytes;
  }();
  return table[static_cast<std::size_t>(clamp01(light) * 4096)];
}

// An sRGB byte to linear light.
inline float decodeLight(std::uint8_t byte) {
  static const auto table = [] {
    std::array<float, 256> light{};
    for (std::size_t i = 0; i < light.size(); ++i) {
      const double s = static_cast<double>(i) / 255;
      light[i] = static_cast<float>(s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4));
    }
    return light;
  }();
  return table[byte];
}

// Mixes a linear colour into a pixel; `alpha` 0 leaves it, 1 replaces it.
inline void blend(std::uint8_t* pixel, Vec colour, float alpha) {
  const Vec under{decodeLight(pixel[0]), decodeLight(pixel[1]), decodeLight(pixel[2])};
  const Vec out = mix(under, colour, alpha);
  pixel[0] = encodeLight(out.x);
  pixel[1] = encodeLight(out.y);
  pixel[2] = encodeLight(out.z);
}

}  // namespace rh::hw::lab
