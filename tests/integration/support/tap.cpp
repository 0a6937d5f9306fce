#include "integration/support/tap.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "net/websocket_frame.hpp"

namespace robohub::integration {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

// Takes one whole WebSocket frame from the front of `bytes`, if there is one: the frame as it was sent, and the text of
// it when it is an unfragmented text frame.
std::string takeFrame(std::string& bytes, std::string* text) {
  if (bytes.size() < 2) return {};
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t length = at(1) & 0x7f, head = 2;
  const int more = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (bytes.size() < head + static_cast<std::size_t>(more)) return {};
  if (more) length = 0;
  for (int i = 0; i < more; ++i) length = length << 8 | at(head++);
  const bool masked = at(1) & 0x80;
  const std::size_t mask = head;
  if (masked) head += 4;
  if (bytes.size() < head + length) return {};
  text->clear();
  if (at(0) == 0x81) {
    *text = bytes.substr(head, length);
    for (std::size_t i = 0; masked && i < length; ++i) (*text)[i] = static_cast<char>((*text)[i] ^ bytes[mask + i % 4]);
  }
  const std::string frame = bytes.substr(0, head + length);
  bytes.erase(0, head + length);
  return frame;
}

}  // namespace

Tap::Tap(std::uint16_t hub_port) : hub_port_(hub_port), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the tap cannot listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept(); });
}

Tap::~Tap() {
  ending_ = true;
  acceptor_.join();
  cut();
  for (auto& wire : wires_) {
    wire.down.join();
    wire.up.join();
    ::close(wire.agent);
    ::close(wire.hub);
  }
  ::close(listener_);
}

void Tap::accept() {
  while (!ending_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int agent = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (agent < 0) continue;
    const int hub = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(hub_port_);
    if (::connect(hub, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(agent);
      ::close(hub);
      continue;
    }
    const std::lock_guard lock(mutex_);
    auto& wire = wires_.emplace_back();
    wire.agent = agent;
    wire.hub = hub;
    wire.down = std::thread([this, &wire] { relay(wire, true); });
    wire.up = std::thread([this, &wire] { relay(wire, false); });
  }
}

void Tap::relay(Wire& wire, bool down) {
  const int from = down ? wire.hub : wire.agent, to = down ? wire.agent : wire.hub;
  std::string bytes;
  bool upgraded = false;
  char some[16384];
  for (;;) {
    const ssize_t size = ::recv(from, some, sizeof some, 0);
    if (size <= 0) break;
    bytes.append(some, static_cast<std::size_t>(size));
    std::string out;
    if (!upgraded) {
      const auto end = bytes.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      upgraded = bytes.find("pgrade: websocket") != std::string::npos;
      out = upgraded ? bytes.substr(0, end + 4) : bytes;
      bytes.erase(0, out.size());
    }
    if (upgraded) {
      std::string text;
      for (std::string frame = takeFrame(bytes, &text); !frame.empty(); frame = takeFrame(bytes, &text)) {
        if (!text.empty()) heard(wire, down, text);
        out += frame;
      }
    }
    while ((held_ || wire.held) && !wire.over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (wire.over) break;  // cut: what was held back is lost
    const std::lock_guard lock(wire.mutex);
    if (!writeAll(to, out)) break;
  }
  wire.over = true;
  ::shutdown(wire.agent, SHUT_RDWR);
  ::shutdown(wire.hub, SHUT_RDWR);
}

void Tap::heard(Wire& wire, bool down, const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (!down && text.find("\"role\":\"control\"") != std::string::npos) wire.control = true;
  (down ? from_hub_ : from_agent_).push_back(text);
  if (!wanted_ || !wanted_(down, text)) return;
  wanted_ = nullptr;
  wire.held = true;
  holding_ = true;
}

void Tap::holdAt(Wanted wanted) {
  const std::lock_guard lock(mutex_);
  wanted_ = std::move(wanted);
  holding_ = false;
}

void Tap::goOn() {
  const std::lock_guard lock(mutex_);
  for (auto& wire : wires_) wire.held = false;
}

std::vector<std::string> Tap::fromHub() {
  const std::lock_guard lock(mutex_);
  return from_hub_;
}

std::vector<std::string> Tap::fromAgent() {
  const std::lock_guard lock(mutex_);
  return from_agent_;
}

std::string Tap::find(const std::vector<std::string>& texts, const std::vector<std::string>& parts) {
  for (const auto& text : texts) {
    bool all = true;
    for (const auto& part : parts) all = all && text.find(part) != std::string::npos;
    if (all) return text;
  }
  return {};
}

void Tap::sayToAgent(const std::string& text) {
  const std::lock_guard lock(mutex_);
  for (auto wire = wires_.rbegin(); wire != wires_.rend(); ++wire) {
    if (!wire->control || wire->over) continue;
    const std::lock_guard writing(wire->mutex);
    writeAll(wire->agent, net::encodeFrame(net::WebSocketOpcode::text, text));
    return;
  }
}

void Tap::cut() {
  const std::lock_guard lock(mutex_);
  for (auto& wire : wires_) {
    wire.over = true;
    ::shutdown(wire.agent, SHUT_RDWR);
    ::shutdown(wire.hub, SHUT_RDWR);
  }
}

}  // namespace robohub::integration
