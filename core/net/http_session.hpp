// One connection of the HTTP server: gathers heads and bodies, hands whole requests to the application one at a time
// and in order, and keeps the clocks that end silent and slow peers. Internal to net; used through http_server.hpp.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "net/connection_quota.hpp"
#include "net/http_parse.hpp"
#include "net/http_server.hpp"
#include "net/shared_value.hpp"
#include "net/tls_server_context.hpp"

namespace robohub::net {

// What all sessions of a server share. Immutable but for the atomics and what is replaced whole.
struct HttpServerCore {
  std::shared_ptr<HttpApp> app;
  SharedValue<HttpServerOptions> options;
  SharedValue<TlsServerContext> tls;
  std::shared_ptr<ConnectionQuota> quota;
  std::atomic<bool> draining{false};
  std::atomic<std::uint64_t> accepted{0}, refused_total{0}, refused_by_address{0}, requests{0}, bad_requests{0},
      timeouts{0}, tls_handshakes{0}, tls_failures{0};
};

class HttpExchange;
class HttpBodyStream;

// All [loop].
class HttpSession final : public ConnectionUser, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(std::shared_ptr<HttpServerCore> core, std::shared_ptr<Connection> connection, std::string listener);
  ~HttpSession() override;

  // Starts the connection on `loop`.
  static void begin(Loop& loop, std::shared_ptr<HttpServerCore> core, std::shared_ptr<Connection> connection,
                    std::string listener);

  // For the exchange of this session.
  void respond(HttpResponse response);
  std::shared_ptr<HttpStream> stream(HttpResponse head, StreamEnd end);
  std::shared_ptr<WebSocket> acceptWebSocket(const WebSocketOptions& options);
  bool alive() const { return state_ == State::handling; }

  void onBytes(std::span<char> bytes) override;
  void onSecured() override;
  void onPeerEnd() override;
  void onDrained() override;
  void onTooSlow() override;
  void onClosed(const Error& why) override;
  void onDrain(const void* owner) override;

 private:
  enum class State : std::uint8_t { head, body, handling, answering, streaming, over };
  void take(std::string_view received);
  std::string_view parse(std::string_view bytes);
  bool takeHead(std::string_view& bytes);
  bool takeBody(std::string_view& bytes);
  void dispatch();
  void secureFields(HttpResponse& response) const;
  void refuse(int status, std::string_view message);
  void nextRequest();
  void goOn();
  void setDeadline(MonoTime deadline);
  void noDeadline();
  void deadlineDue();
  Duration timeToLeave() const;
  void checkBodyRate();
  void endTimer();

  const std::shared_ptr<HttpServerCore> core_;
  std::shared_ptr<Connection> connection_;
  const std::string listener_;
  std::shared_ptr<const HttpServerOptions> options_;  // newest as of the request
  std::string client_fingerprint_;
  std::string pending_;  // received, not taken yet
  std::size_t scanned_ = 0;
  std::unique_ptr<ParsedRequest> request_;  // whose body is being read, or that is handled
  std::string body_;
  std::size_t body_limit_ = 0;
  std::unique_ptr<ChunkedDecoder> chunks_;
  MonoTime body_since_{};
  std::uint64_t body_received_ = 0;
  std::shared_ptr<void> held_;  // by the answer that is on its way
  std::weak_ptr<HttpExchange> exchange_;
  std::weak_ptr<HttpBodyStream> stream_;
  MonoTime deadline_{};  // epoch: none
  TimerId timer_ = 0;
  MonoTime timer_at_{};
  State state_ = State::head;
  bool secure_ = false;          // over TLS
  bool securing_ = false;        // its handshake is under way
  bool lasting_secure_ = false;  // with a certificate that browsers may be told to insist on
  bool first_ = true;            // no request was answered yet
  bool keep_alive_ = true;
  bool peer_ended_ = false;
  bool head_request_ = false;    // the answer has no body
  bool takes_chunks_ = false;    // as the answer's body: HTTP/1.0 knows none
  bool drained_before_ = false;  // the second call of onDrain() cuts
};

}  // namespace robohub::net
