#include "net/websocket_frame.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/text.hpp"
#include "net/utf8.hpp"

namespace robohub::net {
namespace {

constexpr std::size_t kMaxControlBytes = 125;
constexpr std::uint16_t kProtocolError = 1002, kBadData = 1007, kTooBig = 1009, kNoStatus = 1005;

// XORs with the key, whose first byte belongs to `phase` bytes before the data's first.
void mask(char* data, std::size_t size, const std::uint8_t key[4], std::uint64_t phase) {
  std::uint8_t turned[8];
  for (std::size_t i = 0; i < 8; ++i) turned[i] = key[(phase + i) & 3];
  std::uint64_t word_key;
  std::memcpy(&word_key, turned, 8);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + i, 8);
    word ^= word_key;
    std::memcpy(data + i, &word, 8);
  }
  for (; i < size; ++i) data[i] = static_cast<char>(data[i] ^ turned[i & 7]);
}

std::size_t headerSize(std::size_t payload) {
  return payload < 126 ? 2 : payload <= 0xffff ? 4 : 10;
}

void appendHeader(std::string& out, WebSocketOpcode opcode, std::size_t size) {
  out.push_back(static_cast<char>(0x80 | static_cast<int>(opcode)));
  if (size < 126) {
    out.push_back(static_cast<char>(size));
    return;
  }
  const int bytes = size <= 0xffff ? 2 : 8;
  out.push_back(static_cast<char>(bytes == 2 ? 126 : 127));
  for (int i = bytes - 1; i >= 0; --i)
    out.push_back(static_cast<char>((static_cast<std::uint64_t>(size) >> (8 * i)) & 0xff));
}

}  // namespace

bool isCloseCode(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::string encodeFrame(WebSocketOpcode opcode, std::string_view payload) {
  return encodeFrame(opcode, {}, payload);
}

std::string encodeFrame(WebSocketOpcode opcode, std::string_view prefix, std::string_view payload) {
  const std::size_t size = prefix.size() + payload.size();
  std::string frame;
  frame.reserve(headerSize(size) + size);
  appendHeader(frame, opcode, size);
  frame.append(prefix).append(payload);
  return frame;
}

std::string encodeFrameInPlace(WebSocketOpcode opcode, std::string room_and_payload) {
  assert(room_and_payload.size() >= kFrameRoom);
  std::string header;
  appendHeader(header, opcode, room_and_payload.size() - kFrameRoom);
  room_and_payload.replace(0, kFrameRoom, header);
  return room_and_payload;
}

std::string maskFrame(std::string_view frame, std::uint32_t key) {
  assert(frame.size() >= 2);
  const auto length = static_cast<unsigned char>(frame[1]);
  const std::size_t header = length < 126 ? 2 : length == 126 ? 4 : 10;
  std::string masked;
  masked.reserve(frame.size() + 4);
  masked.append(frame.substr(0, header));
  masked[1] = static_cast<char>(length | 0x80);
  std::uint8_t bytes[4];
  std::memcpy(bytes, &key, 4);
  masked.append(reinterpret_cast<const char*>(bytes), 4);
  masked.append(frame.substr(header));
  mask(masked.data() + header + 4, masked.size() - header - 4, bytes, 0);
  return masked;
}

std::string closePayload(std::uint16_t code, std::string_view reason) {
  std::string_view said = beginningOf(reason, kMaxControlBytes - 2);
  if (!isUtf8(said)) said = {};
  std::string payload;
  payload.push_back(static_cast<char>(code >> 8));
  payload.push_back(static_cast<char>(code & 0xff));
  payload.append(said);
  return payload;
}

WebSocketDecoder::Item WebSocketDecoder::error(std::uint16_t code, const char* what) {
  failed_ = true;
  if (pieces_) std::string().swap(pieces_->message);
  Item item;
  item.kind = Item::Kind::error;
  item.code = code;
  item.payload = what;
  return item;
}

// True when the header is complete; otherwise `refused` is need_more or an error.
bool WebSocketDecoder::takeHeader(std::span<char>& bytes, Item& refused) {
  std::size_t need = 2;
  for (;;) {
    if (have_ >= 2) {
      const std::uint8_t length = header_[1] & 0x7f;
      need = 2u + (length == 126 ? 2u : length == 127 ? 8u : 0u) + (role_ == Role::server ? 4u : 0u);
    }
    if (have_ >= need) break;
    const std::size_t take = std::min<std::size_t>(need - have_, bytes.size());
    if (take == 0) {
      refused = {};
      return false;
    }
    std::memcpy(header_ + have_, bytes.data(), take);
    have_ = static_cast<std::uint8_t>(have_ + take);
    bytes = bytes.subspan(take);
    if (have_ != 2) continue;

    // The first two bytes say enough to refuse before anything is kept.
    fin_ = (header_[0] & 0x80) != 0;
    opcode_ = header_[0] & 0x0f;
    const bool masked = (header_[1] & 0x80) != 0;
    const bool control = opcode_ >= 8;
    const char* wrong = nullptr;
    if (header_[0] & 0x70)
      wrong = "Reserved bits are set.";
    else if ((opcode_ > 2 && opcode_ < 8) || opcode_ > 10)
      wrong = "The opcode is reserved.";
    else if (masked != (role_ == Role::server))
      wrong = masked ? "A server's frame is masked." : "The frame is not masked.";
    else if (control && !fin_)
      wrong = "A control frame is fragmented.";
    else if (control && (header_[1] & 0x7f) > kMaxControlBytes)
      wrong = "A control frame is longer than 125 bytes.";
    else if (opcode_ == 0 && message_opcode_ == 0)
      wrong = "A continuation follows no fragment.";
    else if (!control && opcode_ != 0 && message_opcode_ != 0)
      wrong = "A message begins inside of another.";
    if (wrong) {
      refused = error(kProtocolError, wrong);
      return false;
    }
  }

  const std::uint8_t length = header_[1] & 0x7f;
  std::size_t at = 2;
  length_ = length;
  if (length >= 126) {
    length_ = 0;
    for (const std::size_t end = length == 126 ? 4u : 10u; at < end; ++at) length_ = (length_ << 8) | header_[at];
    if ((length == 126 && length_ < 126) || (length == 127 && (length_ <= 0xffff || length_ >> 63))) {
      refused = error(kProtocolError, "The length is not written in the shortest way.");
      return false;
    }
  }
  if (role_ == Role::server) std::memcpy(key_, header_ + at, 4);
  have_ = 0;
  if (opcode_ >= 8) return true;
  if (length_ > max_message_bytes_ || keptBytes() + length_ > max_message_bytes_) {
    refused = error(kTooBig, "The message is too long.");
    return false;
  }
  if (opcode_ != 0) message_opcode_ = opcode_;
  return true;
}

WebSocketDecoder::Item WebSocketDecoder::next(std::span<char>& bytes) {
  // Only what was shown: a control frame may stand between the fragments of a message.
  if (pieces_) {
    if (shown_ == Shown::message) std::string().swap(pieces_->message);
    if (shown_ == Shown::control) std::string().swap(pieces_->control);
    if (pieces_->message.empty() && pieces_->control.empty()) pieces_.reset();
  }
  shown_ = Shown::nothing;
  for (;;) {
    if (failed_) return error(kProtocolError, "The connection failed before.");
    Item item;
    if (!in_payload_) {
      if (!takeHeader(bytes, item)) return item;
      in_payload_ = true;
      left_ = length_;
    }
    const auto chunk = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    if (role_ == Role::server) mask(chunk.data(), chunk.size(), key_, length_ - left_);
    bytes = bytes.subspan(chunk.size());
    left_ -= chunk.size();
    const std::string_view piece(chunk.data(), chunk.size());
    const bool control = opcode_ >= 8;
    std::string* kept = !pieces_ ? nullptr : control ? &pieces_->control : &pieces_->message;
    in_payload_ = left_ > 0;
    // What came whole is shown where it lies.
    const bool whole = !in_payload_ && (!kept || kept->empty()) && (control || fin_);
    if (!whole && !piece.empty()) {
      if (!pieces_) pieces_ = std::make_unique<Pieces>();
      kept = control ? &pieces_->control : &pieces_->message;
      kept->append(piece);
    }
    if (in_payload_) return {};
    if (!control && !fin_) continue;
    return endOfFrame(whole || !kept ? piece : std::string_view(*kept));
  }
}

WebSocketDecoder::Item WebSocketDecoder::endOfFrame(std::string_view payload) {
  Item item;
  item.payload = payload;
  switch (static_cast<WebSocketOpcode>(opcode_)) {
    case WebSocketOpcode::ping: item.kind = Item::Kind::ping; break;
    case WebSocketOpcode::pong: item.kind = Item::Kind::pong; break;
    case WebSocketOpcode::close: return endOfClose(payload);
    default: {
      const bool text = message_opcode_ == static_cast<std::uint8_t>(WebSocketOpcode::text);
      message_opcode_ = 0;
      if (text && !isUtf8(payload)) return error(kBadData, "The text is not UTF-8.");
      item.kind = text ? Item::Kind::text : Item::Kind::binary;
      shown_ = Shown::message;
      return item;
    }
  }
  shown_ = Shown::control;
  return item;
}

WebSocketDecoder::Item WebSocketDecoder::endOfClose(std::string_view payload) {
  shown_ = Shown::control;
  Item item;
  item.kind = Item::Kind::close;
  item.code = kNoStatus;
  if (payload.empty()) return item;
  if (payload.size() == 1) return error(kProtocolError, "The close code is cut.");
  item.code = static_cast<std::uint16_t>((static_cast<unsigned char>(payload[0]) << 8) |
                                         static_cast<unsigned char>(payload[1]));
  if (!isCloseCode(item.code)) return error(kProtocolError, "The close code may not be sent.");
  item.payload = payload.substr(2);
  if (!isUtf8(item.payload)) return error(kBadData, "The reason is not UTF-8.");
  return item;
}

}  // namespace robohub::net
