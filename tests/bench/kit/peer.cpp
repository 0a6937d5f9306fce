#include "kit/peer.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "kit/measure.hpp"

namespace bench {

Peer::Peer(Poller& poller, std::uint64_t id, const Url& url, const std::string& headers)
    : poller_(poller), id_(id), socket_(connectTo(url)), going_(ws::request(url, headers)) {
  poller_.add(socket_, id_, true);
}

void Peer::say(std::string_view message) {
  going_ += ws::frame(ws::kText, message, true);
}

void Peer::flush() {
  if (!going_.empty()) {
    const auto got = ::send(socket_, going_.data(), going_.size(), MSG_NOSIGNAL);
    if (got < 0 && errno != EAGAIN) giveUp("the hub has closed a connection");
    if (got > 0) going_.erase(0, static_cast<std::size_t>(got));
  }
  const bool writing = !going_.empty();
  if (writing != writing_) poller_.change(socket_, id_, writing);
  writing_ = writing;
}

bool Peer::read() {
  static std::array<char, 256 * 1024> bytes;
  const auto got = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) giveUp("the hub has closed a connection");
  if (got > 0) came_.append(bytes.data(), static_cast<std::size_t>(got));
  if (open_) return true;
  const auto end = came_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  if (!ws::accepted({came_.data(), end + 4})) giveUp("no upgrade: " + came_.substr(0, 300));
  came_.erase(0, end + 4);
  return open_ = true;
}

void Peer::other(const ws::Frame& frame) {
  if (frame.opcode == ws::kPing) going_ += ws::frame(ws::kPong, frame.payload, true);
  if (frame.opcode == ws::kClose)
    giveUp("the hub has closed a socket: " +
           std::string(frame.payload.substr(std::min<std::size_t>(2, frame.payload.size()))));
}

std::string_view memberOf(std::string_view message, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  const auto at = message.find(key);
  if (at == std::string_view::npos) return {};
  message.remove_prefix(at + key.size());
  if (message.starts_with('"')) return message.substr(1, message.find('"', 1) - 1);
  return message.substr(0, message.find_first_of(",}"));
}

}  // namespace bench
