// RFC 6455 frames without sockets: a decoder for hostile bytes and an encoder whose frames can be shared by all
// receivers.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/buffer.hpp"

namespace robohub::net {

enum class WebSocketOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// True for codes that may stand in a close frame (RFC 6455, 7.4, and its registry).
bool isCloseCode(std::uint16_t code);

// One whole, unmasked frame: what a server sends.
std::string encodeFrame(WebSocketOpcode opcode, std::string_view payload);
// The payload is `prefix` followed by `payload`.
std::string encodeFrame(WebSocketOpcode opcode, std::string_view prefix, std::string_view payload);
// The same frame around a payload that was written behind kFrameRoom bytes of anything: most headers fit in there, and
// nothing is copied.
inline constexpr std::size_t kFrameRoom = 4;
std::string encodeFrameInPlace(WebSocketOpcode opcode, std::string room_and_payload);
// The same frame masked by `key`: what a client sends. `frame` must be one that encodeFrame() made.
std::string maskFrame(std::string_view frame, std::uint32_t key);
// Payload of a close frame. The reason is cut to 123 bytes at a character's end.
std::string closePayload(std::uint16_t code, std::string_view reason);

// Reads frames piece by piece; checks everything that the RFC makes an error of. Holds no buffer while no message is
// incomplete. Not thread-safe.
class WebSocketDecoder {
 public:
  enum class Role : std::uint8_t { server, client };  // a server's frames come masked, a client's must not

  WebSocketDecoder(Role role, std::size_t max_message_bytes) : max_message_bytes_(max_message_bytes), role_(role) {}

  struct Item {
    enum class Kind : std::uint8_t { need_more, text, binary, ping, pong, close, error };
    Kind kind = Kind::need_more;
    // The message, or the reason of a close, or what was wrong. Valid until the next call and while the bytes given
    // live.
    std::string_view payload;
    std::uint16_t code = 0;  // close: the peer's (1005 = none given); error: what to close with (1002, 1007, 1009)
  };
  // Takes bytes from the front of `bytes` (which are changed in place) up to the end of the next item. Call again until
  // need_more, which means that all bytes were taken. After an error only errors come.
  Item next(std::span<char>& bytes);
  // For messages that begin after this.
  void setMaxMessageBytes(std::size_t bytes) { max_message_bytes_ = bytes; }

 private:
  bool takeHeader(std::span<char>& bytes, Item& refused);
  Item endOfFrame(std::string_view frame_payload);
  Item endOfClose(std::string_view payload);
  Item error(std::uint16_t code, const char* what);

  // What came in pieces, while it is not complete or shown.
  struct Pieces {
    std::string message;  // data frames so far
    std::string control;  // payload of a control frame
  };
  std::size_t keptBytes() const { return pieces_ ? pieces_->message.size() : 0; }

  std::size_t max_message_bytes_;
  std::unique_ptr<Pieces> pieces_;
  std::uint64_t left_ = 0;
  std::uint64_t length_ = 0;
  std::uint8_t header_[14] = {};
  std::uint8_t have_ = 0;
  std::uint8_t key_[4] = {};
  std::uint8_t opcode_ = 0;          // of the current frame
  std::uint8_t message_opcode_ = 0;  // of the message it belongs to; 0 = none begun
  Role role_;
  bool fin_ = false;
  bool in_payload_ = false;
  enum class Shown : std::uint8_t { nothing, message, control } shown_ = Shown::nothing;  // can go at the next call
  bool failed_ = false;
};

}  // namespace robohub::net
