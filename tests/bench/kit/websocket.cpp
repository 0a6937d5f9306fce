#include "kit/websocket.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cstring>

namespace bench::ws {
namespace {

constexpr const char* kKey = "cm9ib2h1Yi1iZW5jaC1rZQ==";

std::string acceptOf(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  std::array<unsigned char, 4 * (SHA_DIGEST_LENGTH + 2) / 3 + 1> base64{};
  EVP_EncodeBlock(base64.data(), hash.data(), static_cast<int>(hash.size()));
  return reinterpret_cast<const char*>(base64.data());
}

}  // namespace

std::string request(const Url& url, const std::string& headers) {
  return "GET " + url.path + " HTTP/1.1\r\nHost: " + url.host + ":" + std::to_string(url.port) +
         "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + kKey +
         "\r\n" + headers + "\r\n";
}

std::string answer(std::string_view request_head) {
  std::string_view key = kKey;
  const auto at = request_head.find("Sec-WebSocket-Key: ");
  if (at != std::string_view::npos) {
    key = request_head.substr(at + std::strlen("Sec-WebSocket-Key: "));
    key = key.substr(0, key.find('\r'));
  }
  return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " +
         acceptOf(key) + "\r\n\r\n";
}

bool accepted(std::string_view answer_head) {
  static const std::string expected = acceptOf(kKey);
  return answer_head.starts_with("HTTP/1.1 101") && answer_head.find(expected) != std::string_view::npos;
}

std::string frame(std::uint8_t opcode, std::string_view payload, bool mask) {
  std::string bytes;
  bytes.reserve(payload.size() + 14);
  bytes += static_cast<char>(0x80 | opcode);
  const char flag = mask ? static_cast<char>(0x80) : 0;
  const int more = payload.size() < 126 ? 0 : payload.size() < 65536 ? 2 : 8;
  bytes += static_cast<char>(flag | (more == 0 ? static_cast<char>(payload.size()) : more == 2 ? 126 : 127));
  for (int i = more - 1; i >= 0; --i) bytes += static_cast<char>(payload.size() >> (8 * i));
  if (!mask) return bytes.append(payload);
  constexpr std::array<char, 4> key{0x11, 0x2b, 0x35, 0x7d};  // a fixed mask costs the receiver the same
  bytes.append(key.data(), key.size());
  for (std::size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ key[i % 4]);
  return bytes;
}

std::size_t parse(char* bytes, std::size_t size, Frame* frame) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])); };
  if (size < 2) return 0;
  std::uint64_t length = byte(1) & 0x7f;
  std::size_t head = 2;
  if (length >= 126) {
    const std::size_t more = length == 126 ? 2 : 8;
    if (size < head + more) return 0;
    length = 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | byte(head + i);
    head += more;
  }
  const bool masked = byte(1) & 0x80;
  const std::size_t key = head;
  if (masked) head += 4;
  if (size < head || size - head < length) return 0;
  if (masked)
    for (std::size_t i = 0; i < length; ++i) bytes[head + i] ^= bytes[key + i % 4];
  frame->opcode = static_cast<std::uint8_t>(byte(0) & 0x0f);
  frame->payload = {bytes + head, static_cast<std::size_t>(length)};
  return head + static_cast<std::size_t>(length);
}

}  // namespace bench::ws
