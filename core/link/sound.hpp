// A chunk of sound on the bulk link is one binary message: byte 0x03, the length of the stream's name, the name, t_ns
// (8 bytes, big endian), samples: 16 bits, little endian, one channel, at the rate that the device type declares
// (docs/PROTOCOL.md, section 3.2). [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::link {

inline constexpr std::int64_t kShortestSound_ms = 10;
inline constexpr std::int64_t kLongestSound_ms = 100;

struct SoundView {
  std::string_view stream;
  std::int64_t t_ns = 0;  // the agent's monotonic clock, at the chunk's end
  std::string_view pcm;   // into the parsed message
};

// Whether a binary message of the bulk link is one.
inline bool isSound(std::string_view message) {
  return !message.empty() && message[0] == 0x03;
}
// Whole samples, 10 to 100 ms of them. Errors: invalid_argument, too_large.
Status checkSound(std::string_view pcm, int rate_hz);
// The bytes that stand before the samples. Errors: invalid_argument for a name that is no plain name.
Result<std::string> encodeSoundHead(std::string_view stream, std::int64_t t_ns);
// Views into `message`, whose samples checkSound() is yet to judge. Errors: invalid_argument (cut short, another kind).
Result<SoundView> parseSound(std::string_view message);

}  // namespace robohub::link
