// What stands before the bytes of a stream in a binary message of the bulk link: one byte that says the kind, one byte
// length of the stream's name, the name, t_ns (8 bytes, big endian). docs/PROTOCOL.md, section 3.2. [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::link {

struct StreamMessage {
  std::string_view stream;
  std::int64_t t_ns = 0;   // the agent's monotonic clock
  std::string_view bytes;  // into the parsed message; may be empty
};

// Errors: invalid_argument for a name that is no plain name.
Result<std::string> encodeStreamHead(char kind, std::string_view stream, std::int64_t t_ns);
// Views into `message`. `what` ("picture") names it in the errors. Errors: invalid_argument (another kind, cut
// short, no plain name).
Result<StreamMessage> parseStreamMessage(char kind, std::string_view message, const char* what);

}  // namespace robohub::link
