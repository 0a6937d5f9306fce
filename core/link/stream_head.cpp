#include "link/stream_head.hpp"

#include "base/ids.hpp"

namespace robohub::link {
namespace {

constexpr std::size_t kTimeBytes = 8;

Error noPlainName() {
  return {ErrorCode::invalid_argument, "A stream's name is a plain name.", {}};
}

}  // namespace

Result<std::string> encodeStreamHead(char kind, std::string_view stream, std::int64_t t_ns) {
  if (!isPlainName(stream)) return fail(noPlainName());
  std::string head;
  head.reserve(2 + stream.size() + kTimeBytes);
  head += kind;
  head += static_cast<char>(stream.size());
  head += stream;
  for (int shift = 56; shift >= 0; shift -= 8) head += static_cast<char>(static_cast<std::uint64_t>(t_ns) >> shift);
  return head;
}

Result<StreamMessage> parseStreamMessage(char kind, std::string_view message, const char* what) {
  const std::size_t name_bytes = message.size() < 2 ? 0 : static_cast<unsigned char>(message[1]);
  const std::size_t head_bytes = 2 + name_bytes + kTimeBytes;
  if (message.size() < head_bytes || message[0] != kind)
    return fail(ErrorCode::invalid_argument, std::string("This is no whole ") + what + " message.");
  StreamMessage read;
  read.stream = message.substr(2, name_bytes);
  if (!isPlainName(read.stream)) return fail(noPlainName());
  std::uint64_t t_ns = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i)
    t_ns = t_ns << 8 | static_cast<unsigned char>(message[2 + name_bytes + i]);
  read.t_ns = static_cast<std::int64_t>(t_ns);
  read.bytes = message.substr(head_bytes);
  return read;
}

}  // namespace robohub::link
