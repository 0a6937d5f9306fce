#include "net/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "net/handshake_turn.hpp"

namespace robohub::net {
namespace {

constexpr int kPartsPerWrite = 64;
constexpr Duration kLingerTime = std::chrono::seconds(1);
constexpr std::uint32_t kLingerBytes = 256 * 1024;

}  // namespace

std::shared_ptr<Connection> Connection::create(std::unique_ptr<Transport> transport, PeerAddress peer,
                                               ConnectionOptions options) {
  return std::make_shared<Connection>(Private{}, std::move(transport), peer, options);
}

Connection::Connection(Private, std::unique_ptr<Transport> transport, PeerAddress peer, ConnectionOptions options)
    : transport_(std::move(transport)), options_(options), peer_(peer) {}

Connection::~Connection() = default;

Status Connection::start(Loop& loop, std::shared_ptr<ConnectionUser> user) {
  loop_ = &loop;
  events_ = EPOLLIN;
  if (auto status = loop.addFd(transport_->fd(), events_, *this); !status) {
    state_ = State::closed;
    transport_.reset();
    token_.reset();
    return status;
  }
  user_ = std::move(user);
  state_ = State::open;
  progress_ = loop.now();
  securing_ = !transport_->established();
  if (securing_)
    handshake_timer_ = loop.after(options_.handshake, [this] {
      handshake_timer_ = 0;
      finish({ErrorCode::timeout, "The TLS handshake took too long.", {}});
    });
  return {};
}

void Connection::setUser(std::shared_ptr<ConnectionUser> user) {
  if (state_ != State::closed) user_ = std::move(user);
}

bool Connection::send(std::span<const SharedBytes> parts, SendClass send_class, Loop::Turn turn) {
  if (state_ != State::open || too_slow_) return false;
  if (!outputWaits()) progress_ = loop_->now();
  const auto pushed = queue_.push(parts, send_class, options_.limits);
  if (pushed == OutputQueue::Pushed::too_slow) too_slow_ = true;
  if (pushed == OutputQueue::Pushed::made_room && send_class == SendClass::data &&
      options_.data_behind > Duration::zero()) {
    if (behind_since_ == MonoTime{}) behind_since_ = loop_->now();
    if (loop_->now() - behind_since_ >= options_.data_behind) too_slow_ = true;
  }
  told_drained_ = false;
  // A full socket says itself when there is room; otherwise all of this iteration leaves in one call at its end.
  if ((!blocked_ || too_slow_) && !moving_) flushSoon(turn);
  return pushed != OutputQueue::Pushed::too_slow;
}

void Connection::flushSoon(Loop::Turn turn) {
  loop_->defer(*this, options_.leaves_first ? Loop::Turn::first : turn);
}

void Connection::runDeferred() {
  const auto self = shared_from_this();
  if (state_ == State::closed || moving_) return;
  if (too_slow_ && state_ == State::open) {
    const auto user = user_;
    too_slow_ = false;
    user->onTooSlow();
    if (state_ == State::closed || moving_) return;
  }
  if (!blocked_) flush();
}

void Connection::flush() {
  while (outputWaits()) {
    iovec parts[kPartsPerWrite];
    std::size_t wanted = 0;
    const int count = queue_.gather(parts, kPartsPerWrite, wanted);
    const auto result = transport_->write(parts, count);
    if (result.what == IoResult::What::failed || result.what == IoResult::What::refused) return broken(result);
    write_wants_input_ = result.what == IoResult::What::want_read;
    if (result.what == IoResult::What::ok) {
      queue_.consumed(result.bytes);
      progress_ = loop_->now();
      if (result.bytes == wanted && !transport_->holding()) continue;
    }
    blocked_ = true;  // also after a short write: asking again would only be refused
    break;
  }
  checkEstablished();
  if (state_ == State::closed || moving_) return;
  interest();
  if (outputWaits()) return armStall();
  behind_since_ = {};
  if (stall_timer_) loop_->cancel(std::exchange(stall_timer_, 0));
  if (state_ == State::flushing) return linger();
  if (!std::exchange(told_drained_, true)) {
    const auto user = user_;
    user->onDrained();
  }
}

void Connection::checkEstablished() {
  if (!securing_ || !transport_->established()) return;
  securing_ = false;
  if (handshake_timer_) loop_->cancel(std::exchange(handshake_timer_, 0));
  const auto user = user_;
  user->onSecured();
}

void Connection::interest() {
  if (moving_ || state_ == State::closed) return;
  std::uint32_t wanted = 0;
  if (reads()) wanted |= read_wants_output_ ? EPOLLOUT : EPOLLIN;
  if (blocked_) wanted |= write_wants_input_ ? EPOLLIN : EPOLLOUT;
  if (wanted == events_) return;
  events_ = wanted;
  loop_->modifyFd(transport_->fd(), events_, *this);
}

void Connection::armStall() {
  if (stall_timer_ || options_.write_stall <= Duration::zero()) return;
  stall_timer_ = loop_->after(progress_ + options_.write_stall - loop_->now(), [this] { checkStall(); });
}

void Connection::checkStall() {
  stall_timer_ = 0;
  if (!outputWaits()) return;
  if (loop_->now() - progress_ < options_.write_stall) return armStall();
  finish({ErrorCode::timeout, "The peer stopped reading.", {}});
}

void Connection::onReady(std::uint32_t events) {
  const auto self = shared_from_this();
  if (securing_ && !takeHandshakeTurn(*loop_)) return;  // level-triggered: epoll says it again
  constexpr std::uint32_t kBroken = EPOLLHUP | EPOLLERR;
  if (blocked_ && (events & (write_wants_input_ ? EPOLLIN | kBroken : std::uint32_t(EPOLLOUT)))) {
    blocked_ = false;
    flush();
    if (state_ == State::closed || moving_) return;
  }
  if (reads()) {
    if (events & ((read_wants_output_ ? EPOLLOUT : EPOLLIN) | kBroken)) readSome();
    return;
  }
  // Nobody reads, so a broken connection would be reported for ever.
  if (events & kBroken) finish({ErrorCode::unavailable, "The peer has gone.", {}});
}

void Connection::readSome() {
  const auto buffer = loop_->readBuffer();
  const auto result = transport_->read(buffer.data(), buffer.size());
  read_wants_output_ = result.what == IoResult::What::want_write;
  checkEstablished();
  if (state_ == State::closed || moving_) return;
  switch (result.what) {
    case IoResult::What::ok: {
      if (state_ == State::open) {
        const auto user = user_;
        // What nobody thought of ends the connection that brought it, and not the hub with everybody's.
        try {
          user->onBytes(buffer.first(result.bytes));
        } catch (const std::exception& fault) {
          return finish({ErrorCode::internal, std::string("What came could not be handled: ") + fault.what(), {}});
        }
        if (state_ == State::closed || moving_) return;
      } else {
        lingered_bytes_ += static_cast<std::uint32_t>(result.bytes);
        if (lingered_bytes_ > kLingerBytes) return finish({ErrorCode::unavailable, "Closed.", {}});
      }
      interest();
      if (reads() && transport_->buffered()) readSoon();
      return;
    }
    case IoResult::What::end: {
      peer_ended_ = true;
      interest();
      if (state_ == State::lingering) return finish({ErrorCode::unavailable, "Closed.", {}});
      if (state_ == State::open) {
        const auto user = user_;
        user->onPeerEnd();
      }
      return;
    }
    case IoResult::What::failed:
    case IoResult::What::refused: return broken(result);
    case IoResult::What::want_read:
    case IoResult::What::want_write: return interest();
  }
}

// What TLS has taken out of the socket is in no epoll set. In the next iteration, so that others get their turn first.
void Connection::readSoon() {
  if (read_timer_) return;
  read_timer_ = loop_->after(Duration::zero(), [this] {
    read_timer_ = 0;
    const auto self = shared_from_this();
    if (state_ != State::closed && !moving_ && reads()) readSome();
  });
}

void Connection::broken(const IoResult& result) {
  const auto why = transport_->fault(result);
  if (result.what == IoResult::What::failed || state_ != State::open) return finish(why);
  // Closing at once could take away what the peer was just told. For the user it is over now.
  if (stall_timer_) loop_->cancel(std::exchange(stall_timer_, 0));
  if (handshake_timer_) loop_->cancel(std::exchange(handshake_timer_, 0));
  loop_->undefer(*this);
  queue_ = {};
  blocked_ = false;
  linger();
  const auto user = std::move(user_);
  user_ = nullptr;
  user->onClosed(why);
}

void Connection::pauseReading(bool paused) {
  if (state_ == State::closed || read_paused_ == paused) return;
  read_paused_ = paused;
  interest();
  if (!paused && !moving_ && transport_->buffered()) readSoon();
}

void Connection::closeAfter(Duration limit, const char* why) {
  if (close_timer_) loop_->cancel(close_timer_);
  // Holds it: who lingers may have lost its user already.
  close_timer_ = loop_->after(limit, [this, why, self = shared_from_this()] {
    close_timer_ = 0;
    finish({ErrorCode::timeout, why, {}});
  });
}

void Connection::closeAfterFlush(Duration limit) {
  if (state_ != State::open) return;
  state_ = State::flushing;
  too_slow_ = false;
  if (!outputWaits()) return linger();
  interest();
  closeAfter(limit, "The peer did not take the last bytes in time.");
}

// Closing with unread bytes in the socket would reset the connection and take the last answer with it; so the peer is
// told the end, and what it still sends is thrown away for a moment.
void Connection::linger() {
  if (!transport_->endWriting()) {
    blocked_ = true;
    write_wants_input_ = false;
    interest();
    if (!close_timer_) closeAfter(kLingerTime, "Closed.");
    return;
  }
  state_ = State::lingering;
  interest();
  // Not finished here: the caller may be the user, who is never called back from within its own call.
  closeAfter(peer_ended_ ? Duration::zero() : kLingerTime, "Closed.");
}

void Connection::close(Error why) {
  finish(why);
}

void Connection::finish(const Error& why) {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  state_ = State::closed;
  if (loop_) {
    if (stall_timer_) loop_->cancel(std::exchange(stall_timer_, 0));
    if (close_timer_) loop_->cancel(std::exchange(close_timer_, 0));
    if (handshake_timer_) loop_->cancel(std::exchange(handshake_timer_, 0));
    if (read_timer_) loop_->cancel(std::exchange(read_timer_, 0));
    loop_->undefer(*this);
    if (!moving_) loop_->removeFd(transport_->fd(), *this);
  }
  transport_.reset();
  token_.reset();
  queue_ = {};
  const auto user = std::move(user_);
  user_ = nullptr;
  if (user) user->onClosed(why);
}

void Connection::setNotSentLowMark(int bytes) {
  if (!transport_ || bytes <= 0 || peer_.isLocal()) return;
  setsockopt(transport_->fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

// A connection on its way between loops. If the target has ended, nobody will ever run what was posted: then user and
// connection, which hold each other, must still be let go of.
struct Connection::Parcel {
  std::shared_ptr<Connection> connection;
  std::function<void()> arrived;
  bool delivered = false;
  ~Parcel() {
    if (delivered) return;
    connection->state_ = State::closed;
    connection->user_.reset();
    connection->transport_.reset();
    connection->token_.reset();
  }
};

void Connection::moveTo(Loop& target, std::function<void()> arrived) {
  if (state_ == State::closed || moving_) return;
  moving_ = true;
  if (stall_timer_) loop_->cancel(std::exchange(stall_timer_, 0));
  if (handshake_timer_) loop_->cancel(std::exchange(handshake_timer_, 0));
  if (read_timer_) loop_->cancel(std::exchange(read_timer_, 0));
  loop_->undefer(*this);
  loop_->removeFd(transport_->fd(), *this);
  auto parcel = std::make_shared<Parcel>();
  parcel->connection = shared_from_this();
  parcel->arrived = std::move(arrived);
  // The hand-over waits for the end of the iteration, when no function of this object is left on this thread's stack.
  loop_->defer([parcel = std::move(parcel), &target]() mutable {
    if (parcel->connection->state_ == State::closed) {
      parcel->delivered = true;
      return;
    }
    target.post([parcel = std::move(parcel), &target] {
      parcel->delivered = true;
      parcel->connection->arriveAt(target, parcel->arrived);
    });
  });
}

void Connection::arriveAt(Loop& target, const std::function<void()>& arrived) {
  const auto self = shared_from_this();
  loop_ = &target;
  moving_ = false;
  blocked_ = false;
  read_wants_output_ = false;
  progress_ = target.now();
  events_ = EPOLLIN;
  const auto status = target.addFd(transport_->fd(), events_, *this);
  arrived();
  if (!status) {
    moving_ = true;  // it is in no epoll set to be taken out of
    return finish(status.error());
  }
  if (state_ == State::closed) return;
  interest();
  if (outputWaits()) flushSoon(Loop::Turn::soon);
  if (reads() && transport_->buffered()) readSoon();
}

void Connection::onLoopStopping() {
  finish({ErrorCode::unavailable, "The program ends.", {}});
}

void Connection::onDrain(const void* owner) {
  if (const auto user = user_) user->onDrain(owner);
}

}  // namespace robohub::net
