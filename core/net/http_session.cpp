#include "net/http_session.hpp"

#include "net/forwarded.hpp"
#include "net/http_exchange.hpp"
#include "net/http_write.hpp"
#include "net/websocket_handshake.hpp"

namespace robohub::net {
namespace {

// What a peer may send ahead of an answer before it is read no further.
constexpr std::size_t kMaxAhead = 16 * 1024;
constexpr Duration kBodyCheck = std::chrono::milliseconds(500);

}  // namespace

HttpSession::HttpSession(std::shared_ptr<HttpServerCore> core, std::shared_ptr<Connection> connection,
                         std::string listener)
    : core_(std::move(core)),
      connection_(std::move(connection)),
      listener_(std::move(listener)),
      options_(core_->options.get()) {}

HttpSession::~HttpSession() = default;

void HttpSession::begin(Loop& loop, std::shared_ptr<HttpServerCore> core, std::shared_ptr<Connection> connection,
                        std::string listener) {
  auto session = std::make_shared<HttpSession>(std::move(core), connection, std::move(listener));
  if (!connection->start(loop, session)) return;
  session->securing_ = connection->securing();
  session->setDeadline(loop.now() + session->options_->head_deadline);
}

void HttpSession::onSecured() {
  const TlsPeer& peer = *connection_->tls();
  securing_ = false;
  secure_ = true;
  lasting_secure_ = !peer.self_signed;
  client_fingerprint_ = peer.fingerprint;
  core_->tls_handshakes.fetch_add(1, std::memory_order_relaxed);
}

// RFC 6797. Not with a self-signed certificate: whoever has clicked its warning away once could never do so again.
void HttpSession::secureFields(HttpResponse& response) const {
  if (lasting_secure_) response.headers.set("Strict-Transport-Security", "max-age=31536000");
}

void HttpSession::onBytes(std::span<char> bytes) {
  const auto self = shared_from_this();
  const std::string_view received(bytes.data(), bytes.size());
  switch (state_) {
    case State::head:
    case State::body: return take(received);
    case State::handling:
    case State::answering:
      pending_.append(received);
      if (pending_.size() > kMaxAhead) connection_->pauseReading(true);
      return;
    case State::streaming:
    case State::over: return;  // nothing that comes now means anything
  }
}

// Reads on behind what was kept; keeps what is not understood yet; hands a whole request over.
void HttpSession::take(std::string_view received) {
  if (pending_.empty()) {
    pending_.assign(parse(received));
  } else {
    pending_.append(received);
    auto all = std::move(pending_);
    const auto rest = parse(all);
    // A head that comes byte by byte is not copied byte by byte.
    if (rest.size() == all.size())
      pending_ = std::move(all);
    else
      pending_.assign(rest);
  }
  if (state_ == State::handling && request_) dispatch();
}

// Returns what comes behind the request, or what is not complete yet.
std::string_view HttpSession::parse(std::string_view bytes) {
  while ((state_ == State::head && takeHead(bytes)) || (state_ == State::body && takeBody(bytes))) {
  }
  return state_ == State::over ? std::string_view() : bytes;
}

// False: not complete, or refused.
bool HttpSession::takeHead(std::string_view& bytes) {
  const auto& options = *options_;
  if (scanned_ == 0 && bytes.substr(0, 2) == "\r\n")
    bytes.remove_prefix(2);  // RFC 9112, 2.2: left by some after a body
  if (bytes.empty()) return false;
  const auto end = findHeadEnd(bytes, scanned_, options.max_head_bytes);
  if (!end) {
    refuse(end.error().status, end.error().message);
    return false;
  }
  if (*end == 0) {
    if (scanned_ == 0 && !first_) setDeadline(connection_->loop().now() + options.head_deadline);
    scanned_ = bytes.size();
    return false;
  }
  scanned_ = 0;
  auto parsed = parseRequestHead(bytes.substr(0, *end));
  if (!parsed) {
    refuse(parsed.error().status, parsed.error().message);
    return false;
  }
  bytes.remove_prefix(*end);
  request_ = std::make_unique<ParsedRequest>(std::move(*parsed));
  auto& head = request_->head;
  head.peer = connection_->peer();
  head.listener = listener_;
  if (secure_) head.scheme = "https";
  head.client_fingerprint = client_fingerprint_;
  if (!options.trusted_proxies.empty()) applyForwarded(head, options.trusted_proxies);
  keep_alive_ = head.keepAlive();
  noDeadline();
  if (request_->body.kind == BodyFraming::Kind::none) {
    state_ = State::handling;
    return true;
  }
  body_limit_ = core_->app->bodyLimit(head);
  if (request_->body.length > body_limit_) {
    refuse(413, "The body is longer than this address takes.");
    return false;
  }
  if (request_->body.kind == BodyFraming::Kind::chunked) chunks_ = std::make_unique<ChunkedDecoder>();
  if (request_->expects_continue && bytes.empty()) {
    static const auto go_on = shareBytes("HTTP/1.1 100 Continue\r\n\r\n");
    connection_->send(go_on, SendClass::control, Loop::Turn::soon);
  }
  state_ = State::body;
  body_since_ = connection_->loop().now();
  body_received_ = 0;
  setDeadline(body_since_ + kBodyCheck);
  return true;
}

bool HttpSession::takeBody(std::string_view& bytes) {
  const auto before = bytes.size();
  bool complete = false;
  if (chunks_) {
    switch (chunks_->feed(bytes, body_, body_limit_)) {
      case ChunkedDecoder::State::more: break;
      case ChunkedDecoder::State::done: complete = true; break;
      case ChunkedDecoder::State::bad: refuse(400, "The chunked body is malformed."); return false;
      case ChunkedDecoder::State::too_large: refuse(413, "The body is longer than this address takes."); return false;
    }
  } else {
    const auto take = std::min<std::size_t>(request_->body.length - body_.size(), bytes.size());
    body_.append(bytes.substr(0, take));
    bytes.remove_prefix(take);
    complete = body_.size() == request_->body.length;
  }
  body_received_ += before - bytes.size();
  if (!complete) return false;
  chunks_.reset();
  noDeadline();
  state_ = State::handling;
  return true;
}

void HttpSession::dispatch() {
  core_->requests.fetch_add(1, std::memory_order_relaxed);
  const auto upgrade = checkUpgrade(request_->head);
  if (upgrade.wanted && upgrade.status != 0) {
    const int status = upgrade.status;
    auto response = serverProblem(status, upgrade.message);
    if (status == 426) response.headers.add("Sec-WebSocket-Version", "13");
    if (status == 426) response.headers.add("Upgrade", "websocket");
    // Nothing of a refused request may be left for the next one on this connection.
    head_request_ = request_->head.method == "HEAD";
    body_.clear();
    request_.reset();
    response.close = true;
    return respond(std::move(response));
  }
  if (pending_.size() > kMaxAhead) connection_->pauseReading(true);
  auto exchange = std::make_shared<HttpExchange>(connection_->loop(), weak_from_this(), std::move(request_->head),
                                                 std::move(body_), upgrade.wanted);
  body_.clear();
  request_.reset();
  exchange_ = exchange;
  head_request_ = exchange->head().method == "HEAD";
  takes_chunks_ = exchange->head().minor_version > 0;
  try {
    core_->app->handle(exchange);
  } catch (const std::exception&) {
    exchange->respond(serverProblem(500, "The request failed."));
  }
}

void HttpSession::respond(HttpResponse response) {
  if (state_ != State::handling) return;
  const bool keep_alive = keep_alive_ && !response.close && !peer_ended_ && !core_->draining.load();
  keep_alive_ = keep_alive;
  const bool without_body = head_request_ || response.status == 204 || response.status == 304;
  secureFields(response);
  auto head = answerHead(response, AnswerLength::of_body, keep_alive);
  // Small bodies travel with their head: one buffer instead of two.
  SharedBytes parts[2];
  std::size_t count = 1;
  if (response.body && !without_body) {
    if (response.body->size() <= 2048)
      head += *response.body;
    else
      parts[count++] = response.body;
  }
  parts[0] = shareBytes(std::move(head));
  held_ = std::move(response.held);
  state_ = State::answering;
  connection_->send(std::span(parts, count), SendClass::control, Loop::Turn::soon);
  if (keep_alive) return setDeadline(connection_->loop().now() + timeToLeave());
  state_ = State::over;
  endTimer();
  connection_->closeAfterFlush(timeToLeave());
}

// Of what waits. Who takes a little now and then has not stopped reading, and would hold a long answer for hours; who
// takes it steadily over a slow line is not cut off.
Duration HttpSession::timeToLeave() const {
  const auto taking = static_cast<std::int64_t>(connection_->queuedBytes() * 1000 / options_->min_answer_bytes_per_s);
  return options_->write_stall + std::chrono::milliseconds(taking);
}

// The answer has left: the connection is free for the next request, which may have come already.
void HttpSession::onDrained() {
  if (state_ == State::answering) return nextRequest();
  if (const auto stream = state_ == State::streaming ? stream_.lock() : nullptr) stream->tellDrained();
}

void HttpSession::nextRequest() {
  const auto self = shared_from_this();
  held_.reset();
  first_ = false;
  state_ = State::head;
  scanned_ = 0;
  connection_->pauseReading(false);
  if (core_->draining.load() && pending_.empty()) {
    connection_->closeAfterFlush();
    return;
  }
  options_ = core_->options.get();
  setDeadline(connection_->loop().now() + options_->keep_alive_idle);
  if (pending_.empty()) {
    if (peer_ended_) connection_->closeAfterFlush();
    return;
  }
  // Not at once: thousands of small requests in one packet must not hold the loop while others wait.
  connection_->loop().post([weak = weak_from_this()] {
    const auto held = weak.lock();
    if (held && held->state_ == State::head) held->goOn();
  });
}

void HttpSession::goOn() {
  take({});
  if (peer_ended_ && (state_ == State::head || state_ == State::body)) connection_->closeAfterFlush();
}

void HttpSession::refuse(int status, std::string_view message) {
  core_->bad_requests.fetch_add(1, std::memory_order_relaxed);
  auto response = serverProblem(status, message);
  response.close = true;
  state_ = State::handling;
  head_request_ = false;
  request_.reset();
  respond(std::move(response));
}

std::shared_ptr<HttpStream> HttpSession::stream(HttpResponse head, StreamEnd end) {
  const bool chunked = end == StreamEnd::told && takes_chunks_;
  const auto length = chunked ? AnswerLength::chunked : AnswerLength::until_close;
  if (head_request_) {
    state_ = State::over;
    endTimer();
    secureFields(head);
    connection_->send(shareBytes(answerHead(head, length, false)), SendClass::control, Loop::Turn::soon);
    connection_->closeAfterFlush(options_->write_stall);
    return nullptr;
  }
  state_ = State::streaming;
  std::string().swap(pending_);
  connection_->pauseReading(false);
  connection_->setNotSentLowMark(options_->stream_low_mark_bytes);
  secureFields(head);
  connection_->send(shareBytes(answerHead(head, length, false)), SendClass::control, Loop::Turn::soon);
  auto stream = std::make_shared<HttpBodyStream>(connection_, chunked);
  stream_ = stream;
  endTimer();
  return stream;
}

std::shared_ptr<WebSocket> HttpSession::acceptWebSocket(const WebSocketOptions& options) {
  const auto exchange = exchange_.lock();
  const auto self = shared_from_this();
  connection_->send(shareBytes(upgradeAnswer(exchange->head(), options.protocol)), SendClass::control,
                    Loop::Turn::soon);
  state_ = State::over;
  endTimer();
  return WebSocket::adopt(connection_, WebSocket::Role::server, options, std::exchange(pending_, {}), core_.get());
}

void HttpSession::onPeerEnd() {
  switch (state_) {
    case State::handling:
    case State::answering: peer_ended_ = true; return;  // it may still read: answered first
    default: connection_->close({ErrorCode::unavailable, "The peer has gone.", {}});
  }
}

void HttpSession::onTooSlow() {
  connection_->close({ErrorCode::exhausted, "The peer reads too slowly.", {}});
}

void HttpSession::onClosed(const Error&) {
  const auto self = shared_from_this();
  endTimer();
  held_.reset();
  state_ = State::over;
  if (std::exchange(securing_, false)) core_->tls_failures.fetch_add(1, std::memory_order_relaxed);
  if (const auto exchange = exchange_.lock()) exchange->tellGone();
  if (const auto stream = stream_.lock()) stream->tellClosed();
}

void HttpSession::onDrain(const void* owner) {
  if (owner != core_.get()) return;
  const auto self = shared_from_this();
  if (std::exchange(drained_before_, true)) return connection_->close({ErrorCode::unavailable, "The server ends.", {}});
  if (state_ == State::head && pending_.empty()) connection_->close({ErrorCode::unavailable, "The server ends.", {}});
  if (const auto stream = stream_.lock()) stream->tellClosed();
}

// One timer is left running and looked at when it fires; most deadlines are moved before that.
void HttpSession::setDeadline(MonoTime deadline) {
  deadline_ = deadline;
  if (timer_ && timer_at_ <= deadline) return;
  auto& loop = connection_->loop();
  if (timer_) loop.cancel(timer_);
  timer_at_ = deadline;
  timer_ = loop.after(deadline - loop.now(), [this] { deadlineDue(); });
}

void HttpSession::noDeadline() {
  deadline_ = {};
}

void HttpSession::endTimer() {
  if (timer_) connection_->loop().cancel(std::exchange(timer_, 0));
}

void HttpSession::deadlineDue() {
  timer_ = 0;
  if (deadline_ == MonoTime{}) return;
  const auto self = shared_from_this();
  if (deadline_ > connection_->loop().now()) return setDeadline(deadline_);
  if (state_ == State::body) return checkBodyRate();
  if (state_ == State::answering)
    return connection_->close({ErrorCode::timeout, "The answer was taken too slowly.", {}});
  if (state_ != State::head) return;
  core_->timeouts.fetch_add(1, std::memory_order_relaxed);
  // Somebody who has said nothing expects no answer.
  if (pending_.empty()) return connection_->close({ErrorCode::timeout, "Nothing was asked in time.", {}});
  refuse(408, "The head did not arrive in time.");
}

void HttpSession::checkBodyRate() {
  const auto& options = *options_;
  const auto spent = connection_->loop().now() - body_since_ - options.body_grace;
  const double wanted =
      std::chrono::duration<double>(spent).count() * static_cast<double>(options.min_body_bytes_per_s);
  if (static_cast<double>(body_received_) >= wanted && spent < std::chrono::hours(1))
    return setDeadline(connection_->loop().now() + kBodyCheck);
  core_->timeouts.fetch_add(1, std::memory_order_relaxed);
  refuse(408, "The body came too slowly.");
}

}  // namespace robohub::net
