#include "plugin/packet.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace robohub::plugin {
namespace {

struct Head {
  std::uint8_t word;
  std::uint8_t texts;
  std::uint8_t padding[6];
  std::uint64_t a;
  std::int64_t b;
  std::uint64_t c;
  std::uint64_t halts;
};
static_assert(sizeof(Head) == 40);
constexpr std::size_t kMaxTexts = 8;

}  // namespace

const std::string& Packet::text(std::size_t i) const {
  static const std::string none;
  return i < texts.size() ? texts[i] : none;
}

std::string encode(const Packet& packet) {
  Head head{};
  head.word = static_cast<std::uint8_t>(packet.word);
  head.texts = static_cast<std::uint8_t>(packet.texts.size());
  head.a = packet.a;
  head.b = packet.b;
  head.c = packet.c;
  head.halts = packet.halts;
  std::string out(reinterpret_cast<const char*>(&head), sizeof head);
  for (const std::string& text : packet.texts) {
    const auto size = static_cast<std::uint32_t>(text.size());
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out += text;
  }
  return out;
}

std::optional<Packet> decode(const char* data, std::size_t size) {
  Head head{};
  if (size < sizeof head) return std::nullopt;
  std::memcpy(&head, data, sizeof head);
  if (head.texts > kMaxTexts) return std::nullopt;
  Packet packet{static_cast<Word>(head.word), head.a, head.b, head.c, {}, head.halts};
  std::size_t at = sizeof head;
  for (int i = 0; i < head.texts; ++i) {
    std::uint32_t length = 0;
    if (size - at < sizeof length) return std::nullopt;
    std::memcpy(&length, data + at, sizeof length);
    at += sizeof length;
    if (size - at < length) return std::nullopt;
    packet.texts.emplace_back(data + at, length);
    at += length;
  }
  if (at != size) return std::nullopt;
  return packet;
}

Sent send(int socket, const Packet& packet, bool wait) {
  const std::string bytes = encode(packet);
  if (bytes.size() > kMaxPacketBytes) return Sent::full;
  for (;;) {
    if (::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return Sent::yes;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS) return Sent::gone;
    if (!wait) return Sent::full;
    pollfd writable{socket, POLLOUT, 0};
    ::poll(&writable, 1, -1);
  }
}

Received receive(int socket, Packet& packet) {
  thread_local const auto buffer = std::make_unique<char[]>(kMaxPacketBytes);
  for (;;) {
    const ssize_t n = recv(socket, buffer.get(), kMaxPacketBytes, MSG_TRUNC);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Received::nothing;
    if (n <= 0 || static_cast<std::size_t>(n) > kMaxPacketBytes) return Received::end;
    auto decoded = decode(buffer.get(), static_cast<std::size_t>(n));
    if (!decoded) return Received::end;
    packet = std::move(*decoded);
    return Received::packet;
  }
}

}  // namespace robohub::plugin
