// What the application holds of one request, and of an endless answer. Internal to net.
#pragma once
#include <atomic>

#include "net/http_session.hpp"

namespace robohub::net {

class HttpExchange final : public Exchange, public std::enable_shared_from_this<HttpExchange> {
 public:
  HttpExchange(Loop& loop, std::weak_ptr<HttpSession> session, HttpHead head, std::string body, bool wants_websocket)
      : loop_(loop),
        session_(std::move(session)),
        head_(std::move(head)),
        body_(std::move(body)),
        wants_websocket_(wants_websocket) {}
  // Answers 500 when nobody has answered.
  ~HttpExchange() override;

  const HttpHead& head() const override { return head_; }
  const std::string& body() const override { return body_; }
  Loop& loop() const override { return loop_; }
  bool wantsWebSocket() const override { return wants_websocket_; }
  void respond(HttpResponse response) override;
  std::shared_ptr<HttpStream> stream(HttpResponse head, StreamEnd end) override;
  std::shared_ptr<WebSocket> acceptWebSocket(WebSocketOptions options) override;
  void onGone(std::function<void()> fn) override;
  bool gone() const override;

  // Of the session: the peer has gone.
  void tellGone();

 private:
  std::shared_ptr<HttpSession> claim();

  Loop& loop_;
  const std::weak_ptr<HttpSession> session_;
  const HttpHead head_;
  const std::string body_;
  const bool wants_websocket_;
  std::atomic<bool> answered_{false};
  std::function<void()> on_gone_;
};

class HttpBodyStream final : public HttpStream {
 public:
  HttpBodyStream(std::shared_ptr<Connection> connection, bool chunked)
      : chunked_(chunked), connection_(std::move(connection)) {}
  // close()s.
  ~HttpBodyStream() override { close(); }

  bool send(std::span<const SharedBytes> parts, SendClass send_class) override;
  void onClosed(std::function<void()> fn) override { on_closed_ = std::move(fn); }
  void onDrained(std::function<void()> fn) override { on_drained_ = std::move(fn); }
  void close() override;
  void finish() override;
  bool open() const override { return connection_ != nullptr; }
  std::size_t queuedBytes() const override { return connection_ ? connection_->queuedBytes() : 0; }
  OutputCounts counts() const override { return connection_ ? connection_->counts() : OutputCounts{}; }

  // Of the session: the connection is over or ends.
  void tellClosed();
  void tellDrained();

 private:
  void endAfter(Duration limit);

  const bool chunked_;
  std::shared_ptr<Connection> connection_;
  std::function<void()> on_closed_, on_drained_;
};

}  // namespace robohub::net
