// A blocking socket for tests: says exactly the bytes it is told to, and reads with a time limit.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "net/fd.hpp"

namespace robohub::net::test {

class RawPeer {
 public:
  // Long enough for the hash of a password, which gives way to everything else on a busy machine.
  static constexpr int kPatience_ms = 60'000;

  explicit RawPeer(std::uint16_t port, int receive_buffer = 0, const char* from = nullptr)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer) setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (from) {
      inet_pton(AF_INET, from, &address.sin_addr);
      if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("bind");
    }
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("connect");
  }
  explicit RawPeer(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("connect");
  }

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server has closed: the test reads why
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // More bytes; empty at the end of the connection. Throws when nothing comes in time.
  std::string more(int timeout_ms = kPatience_ms) {
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (poll(&waiting, 1, timeout_ms) <= 0) throw std::runtime_error("nothing came; so far: " + kept_);
    char buffer[65536];
    const auto got = recv(fd_.get(), buffer, sizeof buffer, 0);
    return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
  }
  // Up to and including `end`.
  std::string until(std::string_view end) {
    for (;;) {
      if (const auto at = kept_.find(end); at != std::string::npos) {
        auto text = kept_.substr(0, at + end.size());
        kept_.erase(0, text.size());
        return text;
      }
      const auto bytes = more();
      if (bytes.empty()) throw std::runtime_error("ended; so far: " + kept_);
      kept_ += bytes;
    }
  }
  std::string exactly(std::size_t size) {
    while (kept_.size() < size) {
      const auto bytes = more();
      if (bytes.empty()) throw std::runtime_error("ended; so far: " + kept_);
      kept_ += bytes;
    }
    auto text = kept_.substr(0, size);
    kept_.erase(0, size);
    return text;
  }
  // Everything to the end of the connection.
  std::string all(int timeout_ms = kPatience_ms) {
    for (;;) {
      const auto bytes = more(timeout_ms);
      if (bytes.empty()) return std::exchange(kept_, {});
      kept_ += bytes;
    }
  }
  bool closedWithin(int timeout_ms) {
    try {
      all(timeout_ms);
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  }
  // The body of an answer that comes in chunks, behind its head. Throws when the connection ends before the last one.
  std::string chunks() {
    std::string body;
    for (;;) {
      const auto size = std::stoul(until("\r\n"), nullptr, 16);
      body += exactly(size);
      if (until("\r\n") != "\r\n") throw std::runtime_error("a chunk is longer than it says");
      if (size == 0) return body;
    }
  }
  // One answer with Content-Length: head and body.
  std::string answer() {
    auto head = until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? head : head + exactly(std::stoul(head.substr(at + 16)));
  }

  // One unmasked frame's first byte and payload.
  std::pair<int, std::string> frame() {
    const auto head = exactly(2);
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (size >= 126) {
      const auto extended = exactly(size == 126 ? 2 : 8);
      size = 0;
      for (const char c : extended) size = size * 256 + static_cast<unsigned char>(c);
    }
    return {static_cast<unsigned char>(head[0]), exactly(size)};
  }

  void endWriting() { shutdown(fd_.get(), SHUT_WR); }
  void hangUp() { fd_.reset(); }
  // A reset instead of an orderly end.
  void reset() {
    const linger hard{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd_.reset();
  }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::string kept_;
};

// A client's frame with the given first byte.
inline std::string maskedFrame(int first_byte, std::string_view payload, std::string_view key = "\x11\x22\x33\x44") {
  std::string frame(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    const int bytes = payload.size() <= 0xffff ? 2 : 8;
    frame.push_back(static_cast<char>(0x80 | (bytes == 2 ? 126 : 127)));
    for (int i = bytes - 1; i >= 0; --i)
      frame.push_back(static_cast<char>((static_cast<std::uint64_t>(payload.size()) >> (8 * i)) & 0xff));
  }
  frame += key;
  for (std::size_t i = 0; i < payload.size(); ++i) frame.push_back(static_cast<char>(payload[i] ^ key[i % 4]));
  return frame;
}

inline constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

}  // namespace robohub::net::test
