#include "link/chunk.hpp"

namespace robohub::link {

std::string encodeChunkHead(std::uint64_t offset) {
  std::string head(1, '\x02');
  for (int shift = 56; shift >= 0; shift -= 8) head += static_cast<char>(offset >> shift);
  return head;
}

Result<ChunkView> parseChunk(std::string_view message) {
  if (!isChunk(message) || message.size() <= kChunkHeadBytes)
    return fail(ErrorCode::invalid_argument, "This is no whole piece of a segment.");
  if (message.size() > kChunkHeadBytes + kMaxChunkBytes)
    return fail(ErrorCode::too_large, "A piece of a segment has at most 64 KiB.");
  ChunkView view;
  for (std::size_t i = 1; i < kChunkHeadBytes; ++i)
    view.offset = view.offset << 8 | static_cast<unsigned char>(message[i]);
  view.bytes = message.substr(kChunkHeadBytes);
  return view;
}

}  // namespace robohub::link
