// A WebSocket (RFC 6455) on a loop: the hub's live sockets and agent links, and the agent's ends of them. Messages come
// whole; a frame for many receivers is made once and queued by reference; peers that say nothing are pinged and given
// up.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/connection.hpp"
#include "net/websocket_frame.hpp"

namespace robohub::net {

struct WebSocketOptions {
  std::string protocol;                       // the subprotocol agreed on; "" = none
  std::size_t max_message_bytes = 64 * 1024;  // longer ones close with 1009
  // A ping after this much silence of the peer; two unanswered ones close (1006). Zero = no pings.
  Duration ping_every = std::chrono::seconds(20);
  OutputLimits limits;
  Duration write_stall = std::chrono::seconds(30);
  Duration data_behind = Duration::zero();
  bool leaves_first = false;                // as ConnectionOptions has it
  int not_sent_low_mark_bytes = 16 * 1024;  // 0 = the kernel's default
};

// Who a WebSocket's messages are for. Held by it until it is over. Of what one read brings at most 64 messages are
// given in one go, so that nobody who sends much holds up the others of the loop. All [loop].
class WebSocketUser {
 public:
  virtual ~WebSocketUser() = default;
  // The view is valid during the call. A message whose handling throws closes the socket with 1011.
  virtual void onText(std::string_view text) = 0;
  virtual void onBinary(std::string_view bytes) = 0;
  // Once, last, never from within close() or send...(): the peer's close code (1005 none given), 1006 when the
  // connection was lost, 1002/1007/1009 when the peer broke the rules, 1013 when it was too slow.
  virtual void onClosed(std::uint16_t code, std::string_view reason) = 0;
};

// All [loop] (the one it is on now: loop()), but for the frame makers. Keeps itself alive until it is closed.
class WebSocket final : public ConnectionUser, public std::enable_shared_from_this<WebSocket> {
  struct Private {};

 public:
  using Role = WebSocketDecoder::Role;
  using OnMessage = std::function<void(std::string_view)>;
  using OnClosed = std::function<void(std::uint16_t code, std::string_view reason)>;

  // Frames made once for any number of sockets. [any-thread]
  static SharedBytes frameText(std::string_view text);
  static SharedBytes frameBinary(std::string_view bytes);
  // The payload is `prefix` followed by `bytes` (spares one copy of a picture).
  static SharedBytes frameBinary(std::string_view prefix, std::string_view bytes);

  // May be set (again) at any time, usually right after the socket was made: what has arrived already is delivered only
  // afterwards. It is let go of when the socket is over, so it may hold whoever holds the socket.
  void setUser(std::shared_ptr<WebSocketUser> user) { user_ = std::move(user); }
  // The same by functions, where there are few sockets: each of them takes the place of the one before, all together of
  // another user.
  void onText(OnMessage fn);
  void onBinary(OnMessage fn);
  void onClosed(OnClosed fn);

  // False when it is closing or closed (nothing happens then); a client masks its own copy. Text must be UTF-8.
  // What is made for this peer alone does not wait for what a crowd is sent; a frame that many share does, unless
  // `turn` says otherwise.
  bool sendFrame(const SharedBytes& frame, SendClass send_class = SendClass::control,
                 Loop::Turn turn = Loop::Turn::in_order);
  bool sendText(std::string_view text, SendClass send_class = SendClass::control);
  bool sendBinary(std::string_view bytes, SendClass send_class = SendClass::control);

  // Begins the close handshake; afterwards no message is delivered. A peer that does not answer within 3 s is cut.
  // 1005, 1006 and other codes that may not be sent become 1000.
  void close(std::uint16_t code = 1000, std::string_view reason = {});
  // True until close() was called or the socket is over.
  bool open() const { return state_ == State::open; }

  Loop& loop() const { return connection_->loop(); }
  const PeerAddress& peer() const { return connection_->peer(); }
  std::size_t queuedBytes() const { return connection_->queuedBytes(); }
  // Of frames that are not sent whole.
  std::size_t queuedBytes(SendClass send_class) const { return connection_->queuedBytes(send_class); }
  const OutputCounts& counts() const { return connection_->counts(); }
  void setMaxMessageBytes(std::size_t bytes) { decoder_.setMaxMessageBytes(bytes); }
  // Stops or resumes reading: a peer that sends more than can be taken waits. What has been read already (at most one
  // read of the loop) still comes. Meanwhile nobody is given up for silence.
  void pauseReading(bool paused) {
    paused_ = paused;
    connection_->pauseReading(paused || waiting_pending_);
  }

  // Hands the socket to another loop; `arrived` runs there first, then what was received but not delivered yet is
  // delivered. Nobody may touch the socket in between, nor after on the old loop. Callable from a callback of the
  // socket. Does nothing but post `arrived` when the target is its loop. When the socket ends before it moved, or
  // before what was posted runs, onClosed runs on the old loop and `arrived` never does.
  void moveTo(Loop& target, std::function<void()> arrived);

  // For the server and the client of this folder: takes the connection over; `received` are bytes that came behind the
  // handshake. `owner` is the server that drains it, or null.
  static std::shared_ptr<WebSocket> adopt(std::shared_ptr<Connection> connection, Role role,
                                          const WebSocketOptions& options, std::string_view received,
                                          const void* owner = nullptr);
  WebSocket(Private, std::shared_ptr<Connection> connection, Role role, const WebSocketOptions& options,
            const void* owner);
  ~WebSocket() override;

  void onBytes(std::span<char> bytes) override;
  void onPeerEnd() override;
  void onTooSlow() override;
  void onClosed(const Error& why) override;
  void onDrain(const void* owner) override;

 private:
  enum class State : std::uint8_t { open, closing, over };
  void process(std::span<char> bytes);
  void handle(const WebSocketDecoder::Item& item);
  void deliverPendingLater();
  void goOnNextTurn();
  void processPending();
  void caughtUp();
  void peerCloses(std::uint16_t code, std::string_view reason);
  void fail(std::uint16_t code, std::string_view reason);
  void endConnection();
  bool sendControl(WebSocketOpcode opcode, std::string_view payload);
  void schedulePing(Duration delay);
  void pingDue();
  void over(std::uint16_t code, std::string_view reason);

  std::shared_ptr<Connection> connection_;
  WebSocketDecoder decoder_;
  // What few have, and not for long.
  struct Extra {
    std::string pending;  // received, not decoded yet: behind the handshake, while it moves, or when its turn is over
    std::string close_reason;
    std::shared_ptr<bool> turn;  // asked of this loop; false once it was taken back
  };
  Extra& extra();
  void keep(std::string_view bytes) { extra().pending += bytes; }
  struct Functions;
  Functions& functions();

  std::unique_ptr<Extra> extra_;
  std::shared_ptr<WebSocketUser> user_;
  Duration ping_every_;
  const void* owner_;
  TimerId ping_timer_ = 0;
  std::uint16_t close_code_ = 0;  // what onClosed will say; 0 = nothing yet
  State state_ = State::open;
  Role role_;
  std::uint8_t missed_pings_ = 0;
  bool heard_ = true;  // something came since the last ping was due
  bool moving_ = false;
  bool paused_ = false;
  bool waiting_pending_ = false;  // what is pending comes first, soon
  bool close_received_ = false;   // nothing that comes after counts
  // These wait until what is pending is delivered:
  bool lost_ = false;      // the connection is gone
  bool too_slow_ = false;  // the peer takes too little
};

}  // namespace robohub::net
