// Frames of a WebSocket as its peer cuts them: the same messages come out however the bytes arrive.
#include <span>
#include <string>
#include <vector>

#include "net/websocket_frame.hpp"
#include "target.hpp"

using namespace robohub::net;

namespace {

struct Seen {
  WebSocketDecoder::Item::Kind kind;
  std::string payload;
  std::uint16_t code;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> decode(WebSocketDecoder::Role role, std::string bytes, std::size_t step) {
  using Kind = WebSocketDecoder::Item::Kind;
  WebSocketDecoder decoder(role, 4096);
  std::vector<Seen> seen;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::span<char> piece(bytes.data() + at, std::min(step, bytes.size() - at));
    for (;;) {
      const auto item = decoder.next(piece);
      if (item.kind == Kind::need_more) break;
      fuzz::promise(item.payload.size() <= 4096, "a message is never longer than its limit");
      seen.push_back({item.kind, std::string(item.payload), item.code});
      if (item.kind == Kind::error || item.kind == Kind::close) return seen;
    }
    fuzz::promise(piece.empty(), "need_more means that all bytes were taken");
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(fuzz::text(data, size));
  for (const auto role : {WebSocketDecoder::Role::server, WebSocketDecoder::Role::client}) {
    const auto whole = decode(role, bytes, size ? size : 1);
    fuzz::promise(whole == decode(role, bytes, 1), "how frames are cut changes nothing");
    fuzz::promise(whole == decode(role, bytes, 7), "how frames are cut changes nothing");
  }
  return 0;
}
