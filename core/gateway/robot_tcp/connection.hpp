// One TCP connection of a robot. It has a short time to say who it is; from then on it waits to be accepted, or lives
// on the loop of its device. What floods is read slower, what cannot be read ends it, and a connection that is open but
// says nothing costs a little memory.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "gateway/robot_tcp/json_splitter.hpp"
#include "gateway/robot_tcp/link.hpp"
#include "gateway/robot_tcp/outbox.hpp"
#include "gateway/robot_tcp/pace.hpp"
#include "gateway/robot_tcp/table.hpp"
#include "net/connection.hpp"

namespace robohub::gateway {

// What the connection asks of whoever accepted it. Called on the connection's loop.
class RobotHost {
 public:
  virtual ~RobotHost() = default;
  // It has said who it is: enter it in the table, and admit() it or leave it waiting.
  virtual void introduced(const std::shared_ptr<RobotConnection>& connection) = 0;
  // It is over.
  virtual void gone(RobotConnection& connection) = 0;
  virtual std::shared_ptr<const RobotRules> rules() const = 0;
  virtual RobotTable& table() = 0;
  virtual const Clock& clock() const = 0;
};

// Its places in the limits of its door, given back when they die.
struct RobotPlaces {
  std::shared_ptr<void> connected;
  std::shared_ptr<void> as_stranger;  // until it has said who it is
  std::shared_ptr<void> waiting;      // until it is accepted
};

// [the loop that it is on], but where it says otherwise. Kept alive by its socket.
class RobotConnection final : public net::ConnectionUser,
                              public RobotWire,
                              public std::enable_shared_from_this<RobotConnection> {
 public:
  static constexpr std::size_t kMaxObjectBytes = 16 * 1024, kMaxIntroductionBytes = 2 * 1024;
  static constexpr Duration kIntroduceWithin = std::chrono::seconds(10);

  // Greets it and waits for what it says. Null when the socket is broken already. `host` outlives it.
  static std::shared_ptr<RobotConnection> begin(RobotHost& host, net::Loop& loop, net::UniqueFd fd,
                                                const net::PeerAddress& peer, RobotPlaces places);
  RobotConnection(RobotHost& host, std::shared_ptr<net::Connection> connection);

  // What it called itself. Immutable once it is introduced. [any-thread]
  const RobotFacts& facts() const { return facts_; }
  std::shared_ptr<const RobotTable::Heard> heard() const { return heard_; }
  net::Loop& loop() const { return *loop_.load(); }  // [any-thread]
  const net::PeerAddress& peer() const { return connection_->peer(); }
  // Until it is a device or over.
  void waitsIn(std::shared_ptr<void> place) { places_.waiting = std::move(place); }
  // Runs `work` on the connection's loop, wherever it moves meanwhile. [any-thread]
  void post(std::function<void(RobotConnection&)> work);

  // It is this device from now on: moves to the device's loop. Nothing when it is over or is a device.
  void admit(std::shared_ptr<live::LiveDevice> device);
  // The host's rules have changed.
  void rulesChanged();
  // A line of text for whoever looks at the robot.
  void tell(std::string_view text);
  // Says why and closes once it has left; a device is made safe and offline first.
  void turnAway(const char* why);
  bool over() const { return state_ == State::over; }

  bool say(std::string object) override;
  void drive(const RobotMotors& motors, MonoTime now) override;
  bool halt() override;
  RobotMotors motors() const override { return outbox_.motors(); }
  void closeSoon(std::string_view why) override;

  void onBytes(std::span<char> bytes) override;
  void onPeerEnd() override;
  void onDrained() override { pump(); }
  void onTooSlow() override;
  void onClosed(const Error& why) override;

 private:
  enum class State { greeting, waiting, moving, device, closing, over };
  MonoTime now() const { return host_.clock().now(); }
  bool counts(MonoTime now);
  bool onMessage(const RobotMessage& message, std::string_view text, MonoTime now);
  bool onUnreadable(const Error& why, MonoTime now);
  bool introduce(const RobotMessage& message);
  void slowDown(Duration pause);
  void pump() { pump(now()); }
  void pump(MonoTime now);
  std::size_t onTheWay();
  void wakeAt(MonoTime due);
  void finish();

  RobotHost& host_;
  const std::shared_ptr<net::Connection> connection_;
  int socket_ = -1;             // of the connection, while that is open
  std::size_t on_the_way_ = 0;  // bytes, at most: as the kernel said last and what was sent since
  std::atomic<net::Loop*> loop_;
  const std::shared_ptr<RobotTable::Heard> heard_;
  State state_ = State::greeting;
  RobotFacts facts_;
  RobotPlaces places_;
  JsonSplitter splitter_{kMaxObjectBytes};
  RobotPace objects_{500, 1000}, bytes_{128.0 * 1024, 512.0 * 1024};
  std::size_t introduction_bytes_ = 0;
  RobotOutbox outbox_;
  std::shared_ptr<RobotLink> link_;
  net::TimerId limit_timer_ = 0, write_timer_ = 0, read_timer_ = 0;
};

}  // namespace robohub::gateway
