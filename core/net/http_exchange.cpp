#include "net/http_exchange.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "net/http_write.hpp"

namespace robohub::net {
namespace {

constexpr Duration kLastBytes = std::chrono::seconds(5);

// What stands before so many bytes of a chunk (RFC 9112, 7.1).
SharedBytes chunkHead(std::size_t bytes) {
  char digits[16];
  const auto written = std::to_chars(digits, digits + sizeof digits, bytes, 16);
  return shareBytes(std::string(digits, written.ptr) + "\r\n");
}

}  // namespace

HttpExchange::~HttpExchange() {
  if (answered_.exchange(true)) return;
  // The last holder may be on any thread.
  loop_.post([session = session_] {
    if (const auto held = session.lock()) held->respond(serverProblem(500, "The request was not answered."));
  });
}

// The session, if this is the first answer and somebody is there to hear it.
std::shared_ptr<HttpSession> HttpExchange::claim() {
  if (answered_.exchange(true)) return nullptr;
  on_gone_ = nullptr;
  auto session = session_.lock();
  return session && session->alive() ? session : nullptr;
}

void HttpExchange::respond(HttpResponse response) {
  if (!loop_.inLoop()) {
    loop_.post([self = shared_from_this(), response = std::move(response)]() mutable {
      if (const auto session = self->claim()) session->respond(std::move(response));
    });
    return;
  }
  if (const auto session = claim()) session->respond(std::move(response));
}

std::shared_ptr<HttpStream> HttpExchange::stream(HttpResponse head, StreamEnd end) {
  const auto session = claim();
  return session ? session->stream(std::move(head), end) : nullptr;
}

std::shared_ptr<WebSocket> HttpExchange::acceptWebSocket(WebSocketOptions options) {
  const auto session = claim();
  if (!session) return nullptr;
  if (!wants_websocket_) {
    session->respond(serverProblem(400, "This address speaks WebSocket only."));
    return nullptr;
  }
  return session->acceptWebSocket(options);
}

void HttpExchange::onGone(std::function<void()> fn) {
  if (answered_.load()) return;
  if (!gone()) {
    on_gone_ = std::move(fn);
    return;
  }
  if (fn) loop_.post(std::move(fn));
}

bool HttpExchange::gone() const {
  const auto session = session_.lock();
  return !session || (!answered_.load() && !session->alive());
}

void HttpExchange::tellGone() {
  const auto callback = std::move(on_gone_);
  on_gone_ = nullptr;
  if (callback) callback();
}

bool HttpBodyStream::send(std::span<const SharedBytes> parts, SendClass send_class) {
  if (!connection_) return false;
  if (!chunked_) return connection_->send(parts, send_class);
  std::size_t bytes = 0;
  for (const auto& part : parts) bytes += part->size();
  if (bytes == 0) return true;  // a chunk of nothing is the last one
  static const auto end_of_chunk = shareBytes("\r\n");
  std::vector<SharedBytes> chunk{chunkHead(bytes)};
  chunk.insert(chunk.end(), parts.begin(), parts.end());
  chunk.push_back(end_of_chunk);
  return connection_->send(std::span<const SharedBytes>(chunk), SendClass::control);
}

void HttpBodyStream::close() {
  endAfter(kLastBytes);
}

// The last chunk waits for room behind all that went before, so it has the time that a peer has to take anything.
void HttpBodyStream::finish() {
  if (!connection_ || !chunked_) return close();
  static const auto last_chunk = shareBytes("0\r\n\r\n");
  connection_->send(last_chunk, SendClass::control);
  endAfter(std::max(kLastBytes, connection_->options().write_stall));
}

void HttpBodyStream::endAfter(Duration limit) {
  on_closed_ = nullptr;
  on_drained_ = nullptr;
  if (const auto connection = std::move(connection_)) connection->closeAfterFlush(limit);
  connection_ = nullptr;
}

void HttpBodyStream::tellClosed() {
  const auto connection = std::move(connection_);
  connection_ = nullptr;
  const auto callback = std::move(on_closed_);
  on_closed_ = nullptr;
  on_drained_ = nullptr;
  if (connection) connection->closeAfterFlush();
  if (callback) callback();
}

void HttpBodyStream::tellDrained() {
  if (!connection_) return;
  const auto callback = on_drained_;  // which may close
  if (callback) callback();
}

}  // namespace robohub::net
