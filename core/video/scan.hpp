// A segment is read once to its end before a packet of it is copied: what breaks in its middle must not be half in the
// joined video.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace robohub::video {

struct Scan {
  std::int64_t start_us = 0;     // time stamp of its first picture
  std::int64_t duration_us = 0;  // from there to the end of its last picture
  std::int64_t packets = 0;      // that can be read, of pictures and sound
  std::int64_t pictures = 0;
  std::string note;  // a sentence where it ends early
};

class Input;
// Reads `input` to its end, so it is of no more use afterwards. Errors: invalid_argument.
Result<Scan> scan(Input& input);

}  // namespace robohub::video
