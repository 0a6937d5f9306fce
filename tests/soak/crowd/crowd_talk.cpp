// What the clients of a Crowd say, and what they understand.
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "bench/kit/measure.hpp"
#include "bench/kit/websocket.hpp"
#include "soak/crowd/crowd.hpp"
#include "soak/crowd/http_answer.hpp"

namespace soak {

using bench::nowNs;
namespace ws = bench::ws;

namespace {

constexpr std::uint32_t kListens = 8;  // one of so many looks into what it is told
constexpr std::int64_t kDeafNs = 20'000'000'000;
constexpr std::string_view kMeasured = "\"bt\":";

}  // namespace

void Crowd::ready(Client& client, std::uint32_t events) {
  if (events & (EPOLLERR | EPOLLHUP)) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(client.socket, SOL_SOCKET, SO_ERROR, &error, &size);
    // What has come before a reset is worth nothing to these.
    if (client.state != State::open || error != 0) return sentAway(client, std::strerror(error));
  }
  const auto visit = client.visit;
  if (events & EPOLLOUT) {
    if (client.state == State::connecting) begin(client);
    if (client.visit == visit && client.writing) flush(client);
  }
  if (client.visit != visit || !(events & EPOLLIN) || client.state == State::deaf) return;
  const auto got = ::recv(client.socket, buffer_.data(), buffer_.size(), 0);
  if (got > 0)
    take(client, buffer_.data(), static_cast<std::size_t>(got));
  else if (got == 0 || errno != EAGAIN)
    sentAway(client, got == 0 ? "the hub closed the connection" : std::strerror(errno));
}

void Crowd::flush(Client& client) {
  if (!client.going.empty()) {
    const auto sent = ::send(client.socket, client.going.data(), client.going.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return sentAway(client, std::strerror(errno));
    if (sent > 0) client.going.erase(0, static_cast<std::size_t>(sent));
  }
  const bool writing = !client.going.empty();
  if (writing != client.writing)
    poller_.change(client.socket, indexOf(client) | std::uint64_t(client.visit) << 32, writing,
                   client.state != State::deaf);
  client.writing = writing;
}

void Crowd::say(Client& client, const std::string& bytes) {
  client.going += bytes;
  flush(client);
}

// Connected.
void Crowd::begin(Client& client) {
  if (client.kind == Kind::silent) return enters(client, State::open);
  if (client.kind == Kind::half) {
    enters(client, State::open);
    const std::string whole = ws::request(url_, "Origin: " + origin_ + "\r\n");
    client.going = whole.substr(0, 20 + random_() % (whole.size() - 24));
    return;
  }
  if (!client.cookie.empty()) return upgrade(client);
  const std::string body = "{\"guest\":\"Guest " + std::to_string(indexOf(client)) + "\"}";
  client.going =
      "POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(settings_.port) + "\r\nOrigin: " + origin_ +
      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  enters(client, State::signing_in);
}

void Crowd::upgrade(Client& client) {
  enters(client, State::upgrading);
  if (client.kind == Kind::picture)
    client.going = "GET /api/v1/devices/" + deviceOf(client) +
                   "/streams/main.mjpeg HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(settings_.port) +
                   "\r\nCookie: " + client.cookie + "\r\n\r\n";
  else
    client.going = ws::request(url_, "Origin: " + origin_ + "\r\nCookie: " + client.cookie + "\r\n");
}

void Crowd::take(Client& client, char* bytes, std::size_t size) {
  if (client.kind == Kind::picture && client.state == State::open) {
    counts_.picture_bytes += size;
    return;
  }
  if (!visits(client.kind) && client.state == State::open) return;  // it is told that it is late
  counts_.bytes += size;
  const auto visit = client.visit;
  const bool kept = !client.came.empty();
  if (kept || client.state == State::signing_in || client.state == State::upgrading) {
    client.came.append(bytes, size);
    answered(client);
    if (client.visit != visit || client.state == State::signing_in || client.state == State::upgrading) return;
    const std::size_t used = frames(client, client.came.data(), client.came.size());
    if (client.visit == visit) client.came.erase(0, used);
    return;
  }
  const std::size_t used = frames(client, bytes, size);
  if (client.visit == visit && used < size) client.came.assign(bytes + used, size - used);
}

// The answer to the sign-in or to the upgrade, while one is waited for.
void Crowd::answered(Client& client) {
  HttpAnswer answer;
  if (client.state == State::signing_in) {
    if (!readAnswer(client.came, &answer)) return;
    if (answer.status != 200 || answer.cookie.empty())
      return sentAway(client, "no sign-in: " + client.came.substr(0, 300));
    client.cookie = answer.cookie;
    client.came.clear();
    upgrade(client);
    return flush(client);
  }
  if (client.state != State::upgrading) return;
  const auto end = client.came.find("\r\n\r\n");
  if (end == std::string::npos) return;
  if (client.kind == Kind::picture) {
    if (!client.came.starts_with("HTTP/1.1 200")) return sentAway(client, "no pictures: " + client.came.substr(0, 300));
    client.came.clear();
    return enters(client, State::open);
  }
  if (!ws::accepted({client.came.data(), end + 4}))
    return sentAway(client, "no upgrade: " + client.came.substr(0, 300));
  client.came.erase(0, end + 4);
  const bool list = static_cast<int>(indexOf(client) % 100) < settings_.list_percent;
  const std::string wish =
      list ? R"({"type":"watch_list"})" : "{\"type\":\"watch\",\"device\":\"" + deviceOf(client) + "\",\"tick_ms\":50}";
  if (client.kind == Kind::stalled) {
    enters(client, State::deaf);
    schedule(client, kDeafNs + static_cast<std::int64_t>(random_() % 40) * 1'000'000'000);
    client.writing = true;  // so that its reading is ended with the first flush
  } else {
    enters(client, State::asking);
  }
  say(client, ws::frame(ws::kText, wish, true));
}

std::size_t Crowd::frames(Client& client, char* bytes, std::size_t size) {
  const auto visit = client.visit;
  std::size_t used = 0;
  ws::Frame frame;
  while (const std::size_t length = ws::parse(bytes + used, size - used, &frame)) {
    used += length;
    if (frame.opcode == ws::kText) told(client, frame.payload);
    if (frame.opcode == ws::kPing) say(client, ws::frame(ws::kPong, frame.payload, true));
    if (frame.opcode == ws::kClose) {
      const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(frame.payload[i]); };
      const int code = frame.payload.size() < 2 ? 1005 : byte(0) << 8 | byte(1);
      sentAway(client, "the hub closed the live socket with " + std::to_string(code) + " " +
                           std::string(frame.payload.substr(std::min<std::size_t>(2, frame.payload.size()))));
    }
    if (client.visit != visit) break;
  }
  return used;
}

void Crowd::told(Client& client, std::string_view text) {
  ++counts_.messages;
  if (client.state == State::asking && text.starts_with("{\"type\":\"device")) {
    ++counts_.arrivals;
    arrivals_.add(nowNs() - client.since_ns);
    enters(client, State::open);
  }
  if (indexOf(client) % kListens != 0 || client.state != State::open) return;
  const auto at = text.find(kMeasured);
  if (at == std::string_view::npos) return;
  std::int64_t since = 0;
  std::from_chars(text.data() + at + kMeasured.size(), text.data() + text.size(), since);
  const std::int64_t delay = nowNs() - since;
  // The value of before is told to whoever comes; it is no news.
  if (since > client.since_ns && delay >= 0) delays_.add(delay);
}

}  // namespace soak
