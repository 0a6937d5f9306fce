// A piece of a capture's segment on the bulk link is one binary message: byte 0x02, the offset in the segment (8 bytes,
// big endian), the bytes (docs/PROTOCOL.md, section 3.3). [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::link {

inline constexpr std::size_t kMaxChunkBytes = 64 * 1024;
inline constexpr std::size_t kChunkHeadBytes = 9;
inline constexpr std::uint64_t kChunkWindowBytes = 256 * 1024;  // so far ahead of what the hub said it has
inline constexpr std::uint64_t kChunkAckBytes = 128 * 1024;     // the hub says what it has each so many bytes

struct ChunkView {
  std::uint64_t offset = 0;
  std::string_view bytes;  // into the parsed message
};

// Whether a binary message of the bulk link is one.
inline bool isChunk(std::string_view message) {
  return !message.empty() && message[0] == 0x02;
}
// The bytes that stand before the piece.
std::string encodeChunkHead(std::uint64_t offset);
// A view into `message`. Errors: invalid_argument (cut short, empty, another kind), too_large.
Result<ChunkView> parseChunk(std::string_view message);

}  // namespace robohub::link
