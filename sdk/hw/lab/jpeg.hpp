// Pictures as JPEG, by libjpeg-turbo.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/lab/image.hpp"

namespace rh::hw::lab {

// Not thread-safe; keeps its memory between pictures.
class JpegEncoder {
 public:
  explicit JpegEncoder(int quality) : quality_(quality) {}
  // The encoded picture, valid until the next call; empty when libjpeg refused (out of memory).
  const std::vector<std::uint8_t>& encode(const Image& image);

 private:
  int quality_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace rh::hw::lab
