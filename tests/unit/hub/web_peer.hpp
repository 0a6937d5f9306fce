// Blocking clients for tests of doors: one HTTP request said byte for byte, and a WebSocket that is read message by
// message on the test's own thread.
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <optional>

#include "base/json.hpp"
#include "net/http_message.hpp"
#include "unit/net/raw_peer.hpp"

namespace robohub::test {

struct Answer {
  int status = 0;
  net::Headers headers;
  std::string body;
  json::Object::Ptr json;  // null when the body is no JSON object

  std::string text(const std::string& key) const { return json ? json::getString(*json, key).value_or("") : ""; }
};

struct Ask {
  std::string method = "GET";
  std::string target = "/";
  std::string body = {};
  std::string cookie = {};
  std::optional<std::string> origin = {};  // not set: the page's own when there is a cookie; "": none
  std::string content_type = "application/json";
  std::vector<std::string> more = {};  // whole header lines
  std::string host = {};               // "": 127.0.0.1 and the port
};

// Splits "HTTP/1.1 200 OK\r\nName: value\r\n...\r\n\r\n".
inline Answer headOf(const std::string& head) {
  Answer answer;
  answer.status = std::stoi(head.substr(9, 3));
  for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
    const auto end = head.find("\r\n", at), colon = head.find(": ", at);
    if (colon != std::string::npos && colon < end)
      answer.headers.add(head.substr(at, colon - at), head.substr(colon + 2, end - colon - 2));
    at = end + 2;
  }
  return answer;
}

inline std::string requestText(const Ask& ask, std::uint16_t port) {
  const std::string host = ask.host.empty() ? "127.0.0.1:" + std::to_string(port) : ask.host;
  std::string text = ask.method + " " + ask.target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n";
  const std::string origin = ask.origin ? *ask.origin : ask.cookie.empty() ? "" : "http://" + host;
  if (!ask.cookie.empty()) text += "Cookie: " + ask.cookie + "\r\n";
  if (!origin.empty()) text += "Origin: " + origin + "\r\n";
  if (!ask.body.empty() && !ask.content_type.empty()) text += "Content-Type: " + ask.content_type + "\r\n";
  if (!ask.body.empty() || ask.method == "POST") text += "Content-Length: " + std::to_string(ask.body.size()) + "\r\n";
  for (const std::string& line : ask.more) text += line + "\r\n";
  return text + "\r\n" + ask.body;
}

inline Answer answerOf(net::test::RawPeer& peer, const Ask& ask, std::uint16_t port) {
  peer.say(requestText(ask, port));
  Answer answer = headOf(peer.until("\r\n\r\n"));
  if (ask.method != "HEAD" && answer.headers.get("Transfer-Encoding") == "chunked")
    answer.body = peer.chunks();
  else if (ask.method != "HEAD" && answer.status != 204 && answer.status != 101)
    answer.body = peer.exactly(std::stoul("0" + std::string(answer.headers.get("Content-Length"))));
  if (auto object = json::parseObject(answer.body)) answer.json = *object;
  return answer;
}

class WebSocketPeer {
 public:
  // Asks for the upgrade; status() is 101 when it was granted.
  WebSocketPeer(std::uint16_t port, const std::string& target, const std::vector<std::string>& headers,
                int receive_buffer = 0)
      : peer_(port, receive_buffer) {
    Ask ask;
    ask.target = target;
    std::string text = requestText(ask, port);
    text.replace(text.find("Connection: close"), 17, "Connection: Upgrade");
    text.resize(text.size() - 2);
    text += "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    for (const std::string& line : headers) text += line + "\r\n";
    peer_.say(text + "\r\n");
    answer_ = headOf(peer_.until("\r\n\r\n"));
    if (status() == 101) return;
    answer_.body = peer_.exactly(std::stoul("0" + std::string(answer_.headers.get("Content-Length"))));
    if (auto object = json::parseObject(answer_.body)) answer_.json = *object;
  }

  int status() const { return answer_.status; }
  const Answer& refusal() const { return answer_; }

  void send(std::string_view text) { peer_.say(net::test::maskedFrame(0x81, text)); }
  void sendBinary(std::string_view bytes) { peer_.say(net::test::maskedFrame(0x82, bytes)); }
  void raw(std::string_view bytes) { peer_.say(bytes); }
  void hangUp() { peer_.hangUp(); }
  void leave() {
    peer_.say(net::test::maskedFrame(0x88, "\x03\xe8"));
    closeCode();
    peer_.hangUp();
  }

  // The oldest message of this type that was not taken yet and fits; reads until one comes. Throws when none does.
  using Fits = std::function<bool(const json::Object&)>;
  json::Object::Ptr get(
      const std::string& type, const Fits& fits = [](const json::Object&) { return true; }) {
    const auto begun = std::chrono::steady_clock::now();
    for (;;) {
      for (auto at = kept_.begin(); at != kept_.end(); ++at) {
        if (json::getString(**at, "type").value_or("") != type || !fits(**at)) continue;
        const auto found = *at;
        kept_.erase(at);
        return found;
      }
      if (!readOne()) throw std::runtime_error("closed with " + std::to_string(close_code_) + " before a " + type);
      inTime(begun, type);
    }
  }
  // The oldest message of any type that fits; reads until one comes. Throws when none does.
  json::Object::Ptr answerTo(const Fits& fits) {
    const auto begun = std::chrono::steady_clock::now();
    for (;;) {
      for (auto at = kept_.begin(); at != kept_.end(); ++at) {
        if (!fits(**at)) continue;
        const auto found = *at;
        kept_.erase(at);
        return found;
      }
      if (!readOne()) throw std::runtime_error("closed with " + std::to_string(close_code_) + " before an answer");
      inTime(begun, "answer");
    }
  }
  // What is here unread or was read and not taken, of this type.
  std::size_t waiting(const std::string& type) const {
    std::size_t n = 0;
    for (const auto& each : kept_) n += json::getString(*each, "type").value_or("") == type;
    return n;
  }
  void forget() { kept_.clear(); }
  // The code with which the server closed; reads until it does. 0: without one.
  int closeCode() {
    while (close_code_ < 0 && readOne()) {
    }
    return close_code_;
  }
  net::test::RawPeer& peer() { return peer_; }

 private:
  // Other messages, pings say, must not make a test wait for ever for one that will never come.
  static void inTime(std::chrono::steady_clock::time_point begun, const std::string& what) {
    if (std::chrono::steady_clock::now() - begun > std::chrono::seconds(90))
      throw std::runtime_error("no " + what + " came in 90 s");
  }
  // False once it is closed.
  bool readOne() {
    if (close_code_ >= 0) return false;
    std::pair<int, std::string> frame;
    try {
      frame = peer_.frame();
    } catch (const std::runtime_error& error) {
      if (std::string(error.what()).find("ended") != 0) throw;
      close_code_ = 0;
      return false;
    }
    if (frame.first == 0x88) {
      close_code_ = frame.second.size() < 2 ? 1005
                                            : static_cast<unsigned char>(frame.second[0]) * 256 +
                                                  static_cast<unsigned char>(frame.second[1]);
      return false;
    }
    if (frame.first == 0x89) peer_.say(net::test::maskedFrame(0x8a, frame.second));
    if (frame.first == 0x81) kept_.push_back(json::parseObject(frame.second).value());
    return true;
  }

  net::test::RawPeer peer_;
  Answer answer_;
  std::deque<json::Object::Ptr> kept_;
  int close_code_ = -1;
};

}  // namespace robohub::test
