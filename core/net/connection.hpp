// One connected socket on one loop: reads through the loop's buffer, queues output by class, and never waits.
// Everything that is sent within one iteration of the loop leaves in one system call at its end (what a crowd is sent
// also at the ends of the next ones; see Loop::Turn). A peer that stops reading holds only what OutputLimits allow, and
// is closed after a time; nobody else notices.
#pragma once
#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "net/address.hpp"
#include "net/loop.hpp"
#include "net/output_queue.hpp"
#include "net/transport.hpp"

namespace robohub::net {

// What speaks a protocol over a connection. Owned by it until it is closed. All [loop].
class ConnectionUser {
 public:
  virtual ~ConnectionUser() = default;
  // The bytes may be changed in place, and are gone when this returns.
  virtual void onBytes(std::span<char> bytes) = 0;
  // The peer sends no more; it may still read.
  virtual void onPeerEnd() = 0;
  // Over TLS: the handshake is done, Connection::tls() says who is there. Before any bytes.
  virtual void onSecured() {}
  // All output has left.
  virtual void onDrained() {}
  // A control frame found its share full, or data stayed behind for too long. Not from within send().
  virtual void onTooSlow() = 0;
  // Once, last: the connection is over. `why` says what happened.
  virtual void onClosed(const Error& why) = 0;
  virtual void onDrain(const void* owner) { (void)owner; }
};

struct ConnectionOptions {
  OutputLimits limits;
  // A peer that takes nothing for this long while output waits is closed. Zero = never.
  Duration write_stall = std::chrono::seconds(30);
  // A peer whose data was dropped and that has not caught up since for this long is closed as too slow. Zero = never.
  Duration data_behind = Duration::zero();
  // Its output leaves before that of others: for the links of devices, which are few and carry stops.
  bool leaves_first = false;
  // From start() to the end of the TLS handshake.
  Duration handshake = std::chrono::seconds(5);
};

// All [loop] unless said otherwise. Held by shared pointers; ends when it is closed.
class Connection final : public FdHandler, public LoopWork, public std::enable_shared_from_this<Connection> {
  struct Private {};

 public:
  static std::shared_ptr<Connection> create(std::unique_ptr<Transport> transport, PeerAddress peer,
                                            ConnectionOptions options = {});
  Connection(Private, std::unique_ptr<Transport> transport, PeerAddress peer, ConnectionOptions options);
  ~Connection() override;

  // Enters `loop` and begins to read. On failure the connection is closed and the user is NOT told.
  Status start(Loop& loop, std::shared_ptr<ConnectionUser> user);
  // Another protocol takes over (an upgrade). The former user is let go of without onClosed.
  void setUser(std::shared_ptr<ConnectionUser> user);

  // Queues one frame; false when the connection is closed or closing, or the frame found its control share full.
  // `turn`: when all that waits for this peer leaves, if it does not wait already for an earlier one.
  bool send(const SharedBytes& bytes, SendClass send_class, Loop::Turn turn = Loop::Turn::in_order) {
    return send(std::span(&bytes, 1), send_class, turn);
  }
  bool send(std::span<const SharedBytes> parts, SendClass send_class, Loop::Turn turn = Loop::Turn::in_order);

  // Stops or resumes reading (a peer that sends more than can be taken). Errors are still noticed.
  void pauseReading(bool paused);
  // Closes after the queued output has left (within `limit`), lingering a moment so that the peer can read it.
  void closeAfterFlush(Duration limit = std::chrono::seconds(5));
  // Closes now. onClosed is called from here.
  void close(Error why);
  // Drops output that was not begun.
  void dropUnsent() { queue_.dropUnsent(); }

  bool open() const { return state_ == State::open; }
  // A TLS handshake is under way.
  bool securing() const { return securing_; }
  Loop& loop() const { return *loop_; }
  const PeerAddress& peer() const { return peer_; }
  // Null over plain TCP, before the handshake is done and after the end.
  const TlsPeer* tls() const { return transport_ ? transport_->tls() : nullptr; }
  std::size_t queuedBytes() const { return queue_.bytes(); }
  // Of frames that are not sent whole.
  std::size_t queuedBytes(SendClass send_class) const { return queue_.bytes(send_class); }
  const OutputCounts& counts() const { return queue_.counts(); }
  ConnectionOptions& options() { return options_; }
  // TCP_NOTSENT_LOWAT: how much unsent output the kernel may hoard, so that "newest" stays true for slow peers.
  void setNotSentLowMark(int bytes);

  // Leaves this loop for another: nothing is read, sent or reported until `arrived` runs there. Queued output and
  // unread bytes go with it. Between the call and `arrived` nobody may touch the connection.
  void moveTo(Loop& target, std::function<void()> arrived);
  // Something that must live as long as the connection (its place in a limit, say).
  void keep(std::shared_ptr<void> token) { token_ = std::move(token); }

  void onReady(std::uint32_t events) override;
  void onLoopStopping() override;
  void onDrain(const void* owner) override;
  void runDeferred() override;

 private:
  enum class State : std::uint8_t { idle, open, flushing, lingering, closed };
  void closeAfter(Duration limit, const char* why);
  bool reads() const { return !peer_ended_ && (!read_paused_ || state_ != State::open); }
  bool outputWaits() const { return !queue_.empty() || transport_->holding(); }
  void readSome();
  void readSoon();
  void checkEstablished();
  void broken(const IoResult& result);
  void flush();
  void flushSoon(Loop::Turn turn);
  void interest();
  void checkStall();
  void armStall();
  void linger();
  void finish(const Error& why);
  struct Parcel;
  void arriveAt(Loop& target, const std::function<void()>& arrived);

  std::unique_ptr<Transport> transport_;
  std::shared_ptr<ConnectionUser> user_;
  std::shared_ptr<void> token_;
  Loop* loop_ = nullptr;
  OutputQueue queue_;
  ConnectionOptions options_;
  PeerAddress peer_;
  MonoTime progress_{};      // when output last moved
  MonoTime behind_since_{};  // epoch: not behind
  TimerId stall_timer_ = 0;
  TimerId close_timer_ = 0;
  TimerId handshake_timer_ = 0;
  TimerId read_timer_ = 0;
  std::uint32_t lingered_bytes_ = 0;
  std::uint32_t events_ = 0;  // as epoll knows them
  State state_ = State::idle;
  bool read_paused_ = false;
  bool peer_ended_ = false;
  bool blocked_ = false;            // the socket is full: wait for EPOLLOUT, or ...
  bool write_wants_input_ = false;  // ... for EPOLLIN: TLS must hear something first
  bool read_wants_output_ = false;  // reading waits for EPOLLOUT: TLS must say something first
  bool securing_ = false;           // a handshake is under way
  bool told_drained_ = true;
  bool too_slow_ = false;  // told at the end of the iteration, so that send() never calls back
  bool moving_ = false;
};

}  // namespace robohub::net
