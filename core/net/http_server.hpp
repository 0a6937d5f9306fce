// The hub's door: HTTP/1.1 (RFC 9112) on the I/O loops. Heads are gathered without blocking under a size and a time
// limit, checked strictly, and given to the application as whole requests; answers, picture streams and WebSockets go
// out through bounded queues. Silent, slow and endless peers cost a little memory for a limited time, and nobody's
// turn.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/http_message.hpp"
#include "net/listener.hpp"
#include "net/loop_pool.hpp"
#include "net/network.hpp"
#include "net/websocket.hpp"

namespace robohub::net {

class HttpSession;
class ConnectionQuota;
class TlsServerContext;

struct HttpServerOptions {
  std::size_t max_head_bytes = 16 * 1024;
  Duration head_deadline = std::chrono::seconds(10);    // from the first byte (or the connection) to the whole head
  Duration keep_alive_idle = std::chrono::seconds(60);  // between two requests
  // A body must have (time since its head - grace) * rate bytes at any time, else 408.
  Duration body_grace = std::chrono::seconds(10);
  std::size_t min_body_bytes_per_s = 1024;
  // An answer of so many bytes must have left after write_stall and the time that this takes. Not 0.
  std::size_t min_answer_bytes_per_s = 8 * 1024;
  std::size_t max_connections = 4096;  // Unix sockets count, but are never refused
  std::size_t max_per_address = 0;     // 0 = off; an IPv6 /64 is one address
  Duration write_stall = std::chrono::seconds(30);
  int stream_low_mark_bytes = 16 * 1024;             // TCP_NOTSENT_LOWAT of streams
  Duration tls_handshake = std::chrono::seconds(5);  // from the connection to the end of the handshake
  // Proxies before the hub: what they say in X-Forwarded-For and X-Forwarded-Proto is believed (forwarded.hpp), and
  // their connections do not count by address.
  std::vector<Network> trusted_proxies;
};

// How the peer of a stream learns that it is over.
enum class StreamEnd : std::uint8_t {
  with_connection,  // by the end of the connection: MJPEG, which has none, and what says its length in its head
  told,             // by finish() (RFC 9112, 7.1: the last chunk). One that ends without it looks cut, as it is
};

// An answer that is sent piece by piece, as long as it lasts. All [loop].
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // Queues one frame; several parts are one picture, sent whole or not at all. False once it is closed. Where the end
  // is told, nothing may lack before it, so whatever `send_class` says the frame is never dropped.
  virtual bool send(std::span<const SharedBytes> parts, SendClass send_class) = 0;
  bool send(const SharedBytes& bytes, SendClass send_class) { return send(std::span(&bytes, 1), send_class); }
  bool send(std::initializer_list<SharedBytes> parts, SendClass send_class) {
    return send(std::span(parts.begin(), parts.size()), send_class);
  }
  // Once, when the peer has gone, was too slow, or the server drains; not after close(). The callback is let go of
  // then.
  virtual void onClosed(std::function<void()> fn) = 0;
  // Each time when all that was queued has left: for answers that are read from somewhere, as fast as the peer takes
  // them.
  virtual void onDrained(std::function<void()> fn) = 0;
  // Ends the answer after what is queued. Where the end is told, the peer sees that something lacks.
  virtual void close() = 0;
  // The same once all of it is queued: the answer is whole. A client of HTTP/1.0 cannot tell the two apart.
  virtual void finish() { close(); }
  virtual bool open() const = 0;
  virtual std::size_t queuedBytes() const = 0;
  virtual OutputCounts counts() const = 0;
};

// One request and the duty to answer it exactly once: respond(), stream() or acceptWebSocket(). One that is dropped
// unanswered is answered 500. After the peer has gone every answer is a no-op.
class Exchange {
 public:
  virtual ~Exchange() = default;
  // Immutable. [any-thread]
  virtual const HttpHead& head() const = 0;
  virtual const std::string& body() const = 0;
  virtual Loop& loop() const = 0;
  // The request asks for a WebSocket, correctly (wrong ones never reach the application).
  virtual bool wantsWebSocket() const = 0;

  // [any-thread]
  virtual void respond(HttpResponse response) = 0;
  // Sends the head (status, content type, fields; its body is ignored) and leaves the connection to the stream. A field
  // Content-Length says how long it will be; without it its end is the connection's, or told. Null when the peer has
  // gone or the request was HEAD. [loop]
  virtual std::shared_ptr<HttpStream> stream(HttpResponse head, StreamEnd end) = 0;
  std::shared_ptr<HttpStream> stream(HttpResponse head) { return stream(std::move(head), StreamEnd::with_connection); }
  // Null when the peer has gone or wantsWebSocket() is false (which is answered 400). [loop]
  virtual std::shared_ptr<WebSocket> acceptWebSocket(WebSocketOptions options) = 0;
  // Called once if the peer goes before the answer. Let go of with the answer. [loop]
  virtual void onGone(std::function<void()> fn) = 0;
  virtual bool gone() const = 0;  // [loop]
};

// What the server asks. Called on the connection's loop, must not block. Lives until the server is destroyed.
class HttpApp {
 public:
  virtual ~HttpApp() = default;
  // How long a body of this request may be; asked when the head is complete. A longer one is answered 413.
  virtual std::size_t bodyLimit(const HttpHead& head) = 0;
  // A whole request. May answer now or later. An exception becomes a 500.
  virtual void handle(std::shared_ptr<Exchange> exchange) = 0;
};

struct HttpServerStats {
  std::size_t connections = 0;  // open now, WebSockets and streams included
  std::uint64_t accepted = 0;
  std::uint64_t refused_total = 0;       // over max_connections
  std::uint64_t refused_by_address = 0;  // over max_per_address
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;  // refused by the parser
  std::uint64_t timeouts = 0;      // 408
  std::uint64_t tls_handshakes = 0;
  std::uint64_t tls_failures = 0;  // of handshakes
};

class HttpServer {
 public:
  // Listeners accept on loop 0 and spread connections over the pool. The pool must be stopped before this is destroyed
  // (or drain() be done).
  HttpServer(LoopPool& loops, std::shared_ptr<HttpApp> app, HttpServerOptions options = {});
  // The same on one loop of the caller's.
  HttpServer(Loop& loop, std::shared_ptr<HttpApp> app, HttpServerOptions options = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Answers on a TCP address from now on; returns the port. `tag` is HttpHead::listener. Errors as Listener::tcp.
  // [any-thread but one at a time]
  Result<std::uint16_t> listenTcp(const std::string& host, std::uint16_t port, std::string tag = {});
  // The same over TLS. All TLS listeners of a server share one context: this one from now on. Who speaks plain HTTP
  // there is told so and sent away.
  Result<std::uint16_t> listenTls(const std::string& host, std::uint16_t port, std::string tag,
                                  std::shared_ptr<const TlsServerContext> tls);
  Status listenUnix(const std::string& path, std::string tag = {});

  // For connections from now on; those that are open keep theirs. [any-thread]
  void setTls(std::shared_ptr<const TlsServerContext> tls);
  // New limits, deadlines and proxies, for connections and requests from now on. [any-thread]
  void configure(HttpServerOptions options);

  // Stops accepting, closes idle connections, lets requests under way finish with Connection: close, ends streams,
  // closes WebSockets with 1001. `done` runs on loop 0 once all are gone, or after `limit` when what is left has been
  // cut. Once. [any-thread]
  void drain(Duration limit, std::function<void()> done);

  HttpServerStats stats() const;  // [any-thread]

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace robohub::net
