#include "net/websocket.hpp"

#include <sodium.h>

namespace robohub::net {
namespace {

constexpr Duration kCloseTimeout = std::chrono::seconds(3);
constexpr int kMaxMissedPings = 2;
// One read may bring thousands of messages. Behind so many, or after so long, the others of the loop have their turn.
constexpr int kMessagesATurn = 64;
constexpr Duration kLongestTurn = std::chrono::milliseconds(2);
constexpr std::size_t kMostWaiting_bytes = 256 * 1024;
constexpr std::uint16_t kNormal = 1000, kGoingAway = 1001, kNoStatus = 1005, kLost = 1006, kInternal = 1011,
                        kTooSlow = 1013;

// The first ping comes early by up to half, so that sockets that came together are not pinged together for ever.
Duration firstPingDelay(Duration every) {
  return every - every / 200 * static_cast<std::int64_t>(randombytes_uniform(100));
}

}  // namespace

SharedBytes WebSocket::frameText(std::string_view text) {
  return shareBytes(encodeFrame(WebSocketOpcode::text, text));
}
SharedBytes WebSocket::frameBinary(std::string_view bytes) {
  return shareBytes(encodeFrame(WebSocketOpcode::binary, bytes));
}
SharedBytes WebSocket::frameBinary(std::string_view prefix, std::string_view bytes) {
  return shareBytes(encodeFrame(WebSocketOpcode::binary, prefix, bytes));
}

std::shared_ptr<WebSocket> WebSocket::adopt(std::shared_ptr<Connection> connection, Role role,
                                            const WebSocketOptions& options, std::string_view received,
                                            const void* owner) {
  auto socket = std::make_shared<WebSocket>(Private{}, std::move(connection), role, options, owner);
  socket->connection_->setUser(socket);
  socket->connection_->setNotSentLowMark(options.not_sent_low_mark_bytes);
  auto& settings = socket->connection_->options();
  settings.limits = options.limits;
  settings.write_stall = options.write_stall;
  settings.data_behind = options.data_behind;
  settings.leaves_first = options.leaves_first;
  socket->connection_->pauseReading(false);
  if (!received.empty()) {
    socket->keep(received);
    socket->deliverPendingLater();
  }
  socket->schedulePing(firstPingDelay(options.ping_every));
  return socket;
}

WebSocket::WebSocket(Private, std::shared_ptr<Connection> connection, Role role, const WebSocketOptions& options,
                     const void* owner)
    : connection_(std::move(connection)),
      decoder_(role, options.max_message_bytes),
      ping_every_(options.ping_every),
      owner_(owner),
      role_(role) {}

WebSocket::~WebSocket() = default;

struct WebSocket::Functions final : WebSocketUser {
  OnMessage text, binary;
  OnClosed closed;
  // Copies, because each may set another one.
  void onText(std::string_view message) override {
    if (const auto fn = text) fn(message);
  }
  void onBinary(std::string_view message) override {
    if (const auto fn = binary) fn(message);
  }
  void onClosed(std::uint16_t code, std::string_view reason) override {
    if (const auto fn = std::move(closed)) fn(code, reason);
  }
};

WebSocket::Functions& WebSocket::functions() {
  auto ours = std::dynamic_pointer_cast<Functions>(user_);
  if (!ours) user_ = ours = std::make_shared<Functions>();
  return *ours;
}
void WebSocket::onText(OnMessage fn) {
  functions().text = std::move(fn);
}
void WebSocket::onBinary(OnMessage fn) {
  functions().binary = std::move(fn);
}
void WebSocket::onClosed(OnClosed fn) {
  functions().closed = std::move(fn);
}

WebSocket::Extra& WebSocket::extra() {
  if (!extra_) extra_ = std::make_unique<Extra>();
  return *extra_;
}

void WebSocket::deliverPendingLater() {
  waiting_pending_ = true;
  loop().defer([self = shared_from_this()] { self->processPending(); });
}

// Reading goes on meanwhile, as far as what waits is bounded: whoever says a stop and is gone has said it. A move takes
// the turn back: the old loop may not touch this.
void WebSocket::goOnNextTurn() {
  waiting_pending_ = true;
  extra().turn = std::make_shared<bool>(true);
  loop().post([self = shared_from_this(), turn = extra().turn] {
    if (*turn) self->processPending();
  });
}

void WebSocket::processPending() {
  if (moving_ || state_ == State::over) return;
  waiting_pending_ = false;
  if (extra_) {
    auto bytes = std::exchange(extra_->pending, {});
    extra_->turn.reset();
    if (extra_->close_reason.empty()) extra_.reset();
    if (!bytes.empty()) process(bytes);
  }
  if (!waiting_pending_ && !moving_) caughtUp();
}

// What had come is delivered. Now follows what waited for that: the end, or the next read.
void WebSocket::caughtUp() {
  if (state_ == State::over) return;
  if (lost_) return over(close_code_, std::string(extra().close_reason));
  if (std::exchange(too_slow_, false)) return onTooSlow();
  connection_->pauseReading(paused_);
}

void WebSocket::onBytes(std::span<char> bytes) {
  heard_ = true;
  if (moving_ || waiting_pending_) {
    keep({bytes.data(), bytes.size()});
    if (!moving_ && extra().pending.size() > kMostWaiting_bytes) connection_->pauseReading(true);
    return;
  }
  process(bytes);
}

void WebSocket::process(std::span<char> bytes) {
  const auto self = shared_from_this();
  const MonoTime until = std::chrono::steady_clock::now() + kLongestTurn;
  for (int handled = 1;; ++handled) {
    const auto item = decoder_.next(bytes);
    if (item.kind == WebSocketDecoder::Item::Kind::need_more) return;
    handle(item);
    if (state_ == State::over || close_received_) return;
    if (moving_) {
      keep({bytes.data(), bytes.size()});
      return;
    }
    // Without more bytes the decoder is asked once again, and lets go of the message that it has shown.
    if (bytes.empty() || (handled < kMessagesATurn && std::chrono::steady_clock::now() < until)) continue;
    keep({bytes.data(), bytes.size()});
    return goOnNextTurn();
  }
}

void WebSocket::handle(const WebSocketDecoder::Item& item) {
  using Kind = WebSocketDecoder::Item::Kind;
  switch (item.kind) {
    case Kind::text:
    case Kind::binary: {
      if (state_ != State::open) return;
      const auto user = user_;  // it may set another one
      if (!user) return;
      try {
        if (item.kind == Kind::text)
          user->onText(item.payload);
        else
          user->onBinary(item.payload);
      } catch (const std::exception&) {
        close(kInternal, "The message could not be handled.");
      }
      return;
    }
    case Kind::ping:
      if (state_ == State::open) sendControl(WebSocketOpcode::pong, item.payload);
      return;
    case Kind::pong: return;
    case Kind::close: return peerCloses(item.code, item.payload);
    case Kind::error: return fail(item.code, item.payload);
    case Kind::need_more: return;
  }
}

void WebSocket::peerCloses(std::uint16_t code, std::string_view reason) {
  close_received_ = true;
  if (state_ == State::open) {
    close_code_ = code;
    extra().close_reason = reason;
    // The peer hears its own code back (RFC 6455, 5.5.1).
    sendControl(WebSocketOpcode::close, code == kNoStatus ? std::string() : closePayload(code, {}));
    state_ = State::closing;
  }
  endConnection();
}

// The peer broke the rules: it is told why, and nothing it sends counts any more.
void WebSocket::fail(std::uint16_t code, std::string_view reason) {
  close_received_ = true;
  if (state_ == State::open) {
    close_code_ = code;
    extra().close_reason = reason;
    sendControl(WebSocketOpcode::close, closePayload(code, reason));
    state_ = State::closing;
  }
  endConnection();
}

void WebSocket::endConnection() {
  connection_->closeAfterFlush();
  // Told before the last bytes have left: for the application the socket is over now. Not from within its own callback.
  loop().defer([self = shared_from_this()] { self->over(self->close_code_, std::string(self->extra().close_reason)); });
}

void WebSocket::close(std::uint16_t code, std::string_view reason) {
  if (state_ != State::open) return;
  if (!isCloseCode(code)) code = kNormal;
  close_code_ = code;
  extra().close_reason = reason;
  sendControl(WebSocketOpcode::close, closePayload(code, reason));
  state_ = State::closing;
  loop().cancel(std::exchange(ping_timer_, loop().after(kCloseTimeout, [this] {
    ping_timer_ = 0;
    connection_->close({ErrorCode::timeout, "The peer did not answer the close.", {}});
  })));
}

bool WebSocket::sendFrame(const SharedBytes& frame, SendClass send_class, Loop::Turn turn) {
  if (state_ != State::open) return false;
  if (role_ == Role::server) return connection_->send(frame, send_class, turn);
  return connection_->send(shareBytes(maskFrame(*frame, randombytes_random())), send_class, turn);
}

bool WebSocket::sendText(std::string_view text, SendClass send_class) {
  return sendFrame(frameText(text), send_class, Loop::Turn::soon);
}
bool WebSocket::sendBinary(std::string_view bytes, SendClass send_class) {
  return sendFrame(frameBinary(bytes), send_class, Loop::Turn::soon);
}

bool WebSocket::sendControl(WebSocketOpcode opcode, std::string_view payload) {
  return sendFrame(shareBytes(encodeFrame(opcode, payload)), SendClass::control);
}

void WebSocket::onPeerEnd() {
  connection_->close({ErrorCode::unavailable, "The peer has gone.", {}});
}

void WebSocket::onTooSlow() {
  // A stop may be among what it said before.
  if (waiting_pending_ && state_ == State::open) {
    too_slow_ = true;
    return;
  }
  // What waits can never be right again with something missing; the close frame takes its place.
  connection_->dropUnsent();
  if (state_ == State::open) {
    close_code_ = kTooSlow;
    extra().close_reason = "The peer reads too slowly.";
    sendControl(WebSocketOpcode::close, closePayload(kTooSlow, "too slow"));
    state_ = State::closing;
  }
  close_received_ = true;
  endConnection();
}

void WebSocket::onClosed(const Error& why) {
  if (close_code_ == 0) {
    close_code_ = kLost;
    extra().close_reason = why.message;
  }
  // What the peer said before still counts, a stop say. Its turn has been asked for, and holds this.
  lost_ = waiting_pending_ && state_ == State::open && !moving_;
  if (!lost_) over(close_code_, std::string(extra().close_reason));
}

void WebSocket::over(std::uint16_t code, std::string_view reason) {
  if (state_ == State::over) return;
  const auto self = shared_from_this();
  state_ = State::over;
  if (ping_timer_) loop().cancel(std::exchange(ping_timer_, 0));
  if (const auto user = std::exchange(user_, nullptr)) user->onClosed(code, reason);
  user_ = nullptr;  // one that was set meanwhile is told nothing, and may hold this
}

void WebSocket::onDrain(const void* owner) {
  if (owner != owner_ || moving_) return;
  if (state_ == State::open)
    close(kGoingAway, "The server goes away.");
  else
    connection_->close({ErrorCode::unavailable, "The server goes away.", {}});
}

void WebSocket::schedulePing(Duration delay) {
  if (ping_every_ <= Duration::zero()) return;
  ping_timer_ = loop().after(delay, [this] { pingDue(); });
}

void WebSocket::pingDue() {
  ping_timer_ = 0;
  if (state_ != State::open) return;
  if (std::exchange(heard_, false) || paused_) {
    missed_pings_ = 0;
  } else if (missed_pings_ >= kMaxMissedPings) {
    close_code_ = kLost;
    extra().close_reason = "The peer answers no ping.";
    return connection_->close({ErrorCode::timeout, extra().close_reason, {}});
  } else {
    ++missed_pings_;
    sendControl(WebSocketOpcode::ping, {});
  }
  schedulePing(ping_every_);
}

void WebSocket::moveTo(Loop& target, std::function<void()> arrived) {
  if (state_ != State::open || moving_) return;
  if (&target == &loop())
    return loop().post([self = shared_from_this(), arrived = std::move(arrived)] {
      // Whoever takes over a socket that is over already would never be told of its end.
      if (arrived && self->state_ != State::over) arrived();
    });
  if (lost_) {
    state_ = State::closing;  // it goes nowhere, and nobody here takes its messages any more
    return;
  }
  moving_ = true;
  if (extra_ && extra_->turn) *std::exchange(extra_->turn, nullptr) = false;
  if (ping_timer_) loop().cancel(std::exchange(ping_timer_, 0));
  connection_->moveTo(target, [self = shared_from_this(), arrived = std::move(arrived)] {
    self->moving_ = false;
    self->schedulePing(self->ping_every_);
    if (arrived) arrived();
    if (self->extra_ && !self->extra_->pending.empty() && self->state_ == State::open)
      return self->deliverPendingLater();
    self->waiting_pending_ = false;
    if (!self->moving_) self->caughtUp();
  });
}

}  // namespace robohub::net
