#include "media/jpeg_size.hpp"

namespace robohub::media {

std::optional<JpegSize> jpegSize(std::string_view jpeg) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(jpeg[at]); };
  const auto pair = [&](std::size_t at) { return byte(at) * 256 + byte(at + 1); };
  std::size_t at = 2;  // behind SOI
  while (at + 4 <= jpeg.size() && byte(at) == 0xff) {
    const int marker = byte(at + 1);
    if (marker == 0xff) {
      ++at;  // a fill byte
      continue;
    }
    const auto length = static_cast<std::size_t>(pair(at + 2));
    // SOF0 to SOF15, but for DHT, JPG and DAC, which have numbers between them.
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame && at + 9 <= jpeg.size()) {
      const JpegSize size{pair(at + 7), pair(at + 5)};
      if (size.width > 0 && size.height > 0) return size;
      return std::nullopt;
    }
    if (frame || marker == 0xda || length < 2) return std::nullopt;
    at += 2 + length;
  }
  return std::nullopt;
}

}  // namespace robohub::media
