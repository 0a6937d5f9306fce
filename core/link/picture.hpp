// One picture on the bulk link is one binary message: byte 0x01, the length of the stream's name, the name, t_ns (8
// bytes, big endian), the JPEG (docs/PROTOCOL.md, section 3.2). The JPEG is never copied here. [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::link {

inline constexpr std::size_t kMaxPictureBytes = 4 * 1024 * 1024;

struct PictureView {
  std::string_view stream;
  std::int64_t t_ns = 0;  // the agent's monotonic clock
  std::string_view jpeg;  // into the parsed message
};

// The bytes that stand before the JPEG. Errors: invalid_argument for a name that is no plain name.
Result<std::string> encodePictureHead(std::string_view stream, std::int64_t t_ns);
// Views into `message`. Errors: invalid_argument (cut short, another kind, not a JPEG), too_large.
Result<PictureView> parsePicture(std::string_view message);

}  // namespace robohub::link
