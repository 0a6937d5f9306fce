#include "gateway/robot_tcp/connection.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/json.hpp"
#include "gateway/robot_tcp/message.hpp"

namespace robohub::gateway {

namespace {

constexpr Duration kShortestPause = std::chrono::milliseconds(10), kLongestPause = std::chrono::seconds(1);

// A robot whose power is gone says nothing; the kernel asks it.
void watchPeer(int fd) {
  const int on = 1, idle_s = 5, every_s = 2, times = 3, unanswered_ms = 8000;
  (void)::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms);
}

// What may be shown, stored and looked for.
bool isPresentable(const std::string& text, std::size_t longest) {
  return !text.empty() && text.size() <= longest &&
         std::none_of(text.begin(), text.end(), [](unsigned char each) { return each < 0x20 || each == 0x7f; });
}

}  // namespace

std::shared_ptr<RobotConnection> RobotConnection::begin(RobotHost& host, net::Loop& loop, net::UniqueFd fd,
                                                        const net::PeerAddress& peer, RobotPlaces places) {
  const int socket = fd.get();
  watchPeer(socket);
  net::ConnectionOptions options;
  options.limits.control_bytes = 64 * 1024;
  options.write_stall = std::chrono::seconds(8);
  options.leaves_first = true;
  auto connection = net::Connection::create(net::plainTransport(std::move(fd)), peer, options);
  auto self = std::make_shared<RobotConnection>(host, connection);
  self->loop_ = &loop;
  self->socket_ = socket;
  self->facts_.address = peer.host();
  self->places_ = std::move(places);
  if (!connection->start(loop, self)) return nullptr;
  self->limit_timer_ = loop.after(kIntroduceWithin, [weak = self->weak_from_this()] {
    const auto alive = weak.lock();
    if (alive && alive->state_ == State::greeting) alive->turnAway("A robot has to say who it is: self_info.");
  });
  self->tell("Welcome to robohub.");
  return self;
}

RobotConnection::RobotConnection(RobotHost& host, std::shared_ptr<net::Connection> connection)
    : host_(host),
      connection_(std::move(connection)),
      loop_(nullptr),
      heard_(std::make_shared<RobotTable::Heard>(toNs(host.clock().now()))) {}

void RobotConnection::post(std::function<void(RobotConnection&)> work) {
  net::Loop& there = loop();
  there.post([self = shared_from_this(), &there, work = std::move(work)]() mutable {
    if (&self->loop() != &there) return self->post(std::move(work));
    if (self->state_ != State::moving) return work(*self);
    // It arrives here in a moment.
    there.after(std::chrono::milliseconds(1),
                [self, work = std::move(work)]() mutable { self->post(std::move(work)); });
  });
}

// ---- from the robot -----------------------------------------------------------------------------------------------

void RobotConnection::onBytes(std::span<char> bytes) {
  if (state_ == State::closing || state_ == State::over) return;
  const MonoTime now = this->now();
  heard_->store(toNs(now), std::memory_order_relaxed);
  if (state_ == State::greeting) introduction_bytes_ += bytes.size();
  std::string_view rest(bytes.data(), bytes.size());
  RobotReader& reader = RobotReader::ofThisThread();
  // What is written like a message before needs nobody to look for its end.
  for (std::size_t size = 0; !rest.empty() && splitter_.between(); rest.remove_prefix(size)) {
    const RobotMessage* message = reader.readFront(rest, size);
    if (!message) break;
    if (!onMessage(*message, rest.substr(0, size), now)) return;
  }
  const Status read = splitter_.feed(rest, [&](std::string_view text) {
    const auto message = reader.read(text);
    if (message) return onMessage(**message, text, now);
    return onUnreadable(message.error(), now);
  });
  if (state_ == State::closing || state_ == State::over) return;
  if (!read) {
    if (link_) link_->complain(read.error().message);
    return turnAway(read.error().message.c_str());
  }
  if (state_ == State::greeting && introduction_bytes_ > kMaxIntroductionBytes)
    return turnAway("A robot has to say who it is first: self_info.");
  if (const Duration pause = bytes_.take(now, static_cast<double>(bytes.size())); pause > Duration::zero())
    slowDown(pause);
}

// False: nothing behind it counts.
bool RobotConnection::counts(MonoTime now) {
  if (state_ == State::closing || state_ == State::over) return false;
  if (const Duration pause = objects_.take(now); pause > Duration::zero()) slowDown(pause);
  return true;
}

bool RobotConnection::onMessage(const RobotMessage& message, std::string_view text, MonoTime now) {
  if (!counts(now)) return false;
  if (state_ == State::greeting) return introduce(message);
  if (link_) link_->heard(message, text, now);
  return true;
}

bool RobotConnection::onUnreadable(const Error& why, MonoTime now) {
  if (!counts(now)) return false;
  if (link_) link_->complain(why.message);
  return true;
}

bool RobotConnection::introduce(const RobotMessage& message) {
  const RobotField *id = message.find("id"), *name = message.find("name");
  if (message.type != "self_info" || !id) {
    turnAway("A robot has to say who it is first: self_info.");
    return false;
  }
  facts_.id = robotIdOf(*id);
  facts_.name = name && name->kind == RobotField::Kind::text ? std::string(name->text) : std::string();
  if (!isPresentable(facts_.id, 64)) {
    facts_.id.clear();
    turnAway("A robot's id has 1 to 64 bytes and no control characters.");
    return false;
  }
  if (!isPresentable(facts_.name, 64)) facts_.name = facts_.id;
  state_ = State::waiting;
  if (limit_timer_) loop().cancel(std::exchange(limit_timer_, 0));
  places_.as_stranger.reset();
  host_.introduced(shared_from_this());
  return state_ != State::closing && state_ != State::over;
}

// Whoever sends more than can be meant is read slower; TCP holds it back, and nobody else notices.
void RobotConnection::slowDown(Duration pause) {
  if (read_timer_ || state_ == State::moving) return;
  connection_->pauseReading(true);
  if (link_) link_->complain("they come faster than this hub takes them");
  read_timer_ = loop().after(std::clamp(pause, kShortestPause, kLongestPause), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->state_ == State::over) return;
    self->read_timer_ = 0;
    self->connection_->pauseReading(false);
  });
}

void RobotConnection::onPeerEnd() {
  // Nothing that it could still be told would be of use.
  connection_->close({ErrorCode::unavailable, "The robot closed the connection.", {}});
}

void RobotConnection::onTooSlow() {
  connection_->close({ErrorCode::exhausted, "The robot does not read what it is sent.", {}});
}

void RobotConnection::onClosed(const Error& why) {
  if (why.code == ErrorCode::internal && link_) link_->complain(why.message);
  finish();
}

void RobotConnection::finish() {
  if (state_ == State::over) return;
  const auto self = shared_from_this();
  state_ = State::over;
  places_ = {};
  for (net::TimerId* timer : {&limit_timer_, &write_timer_, &read_timer_})
    if (*timer) loop().cancel(std::exchange(*timer, 0));
  if (const auto link = std::exchange(link_, nullptr)) link->lost();
  host_.gone(*this);
}

// ---- becoming a device --------------------------------------------------------------------------------------------

void RobotConnection::admit(std::shared_ptr<live::LiveDevice> device) {
  if (state_ != State::waiting) return;
  state_ = State::moving;
  places_.waiting.reset();
  for (net::TimerId* timer : {&limit_timer_, &write_timer_, &read_timer_})
    if (*timer) loop().cancel(std::exchange(*timer, 0));
  connection_->pauseReading(false);
  net::Loop& target = device->loop();
  loop_.store(&target);
  connection_->moveTo(target, [self = shared_from_this(), device = std::move(device)] {
    if (self->state_ != State::moving) return;
    self->state_ = State::device;
    // Before the device is online: whoever is told so finds the robot.
    auto link = RobotLink::begin(device, *self, self->host_.rules(), self->facts_);
    if (link->closed() || self->state_ != State::device) return;
    self->link_ = std::move(link);
    self->host_.table().online(self->facts_.id, self.get(), device->id(), self->link_);
    self->pump();
  });
}

void RobotConnection::rulesChanged() {
  if (link_) link_->follow(*host_.rules());
}

void RobotConnection::tell(std::string_view text) {
  auto object = messageObject(text);
  if (object) say(std::move(*object));
}

void RobotConnection::turnAway(const char* why) {
  if (state_ == State::closing || state_ == State::over || state_ == State::moving) return;
  if (const auto link = std::exchange(link_, nullptr); link && !link->closed()) return link->end(why);
  closeSoon(why);
}

void RobotConnection::closeSoon(std::string_view why) {
  if (state_ == State::closing || state_ == State::over) return;
  tell(why);
  link_.reset();
  state_ = State::closing;
  host_.table().leaving(facts_.id, this);
  pump();
}

// ---- to the robot -------------------------------------------------------------------------------------------------

bool RobotConnection::say(std::string object) {
  if (state_ == State::closing || state_ == State::over) return false;
  if (!outbox_.push(std::move(object))) return false;
  pump();
  return true;
}

void RobotConnection::drive(const RobotMotors& motors, MonoTime now) {
  if (state_ == State::closing || state_ == State::over) return;
  outbox_.motors(motors, now);
  pump(now);
}

bool RobotConnection::halt() {
  if (state_ == State::closing || state_ == State::over) return false;
  outbox_.halt(now());
  pump();
  return connection_->open();
}

// One object, one write: the next one is queued only when this one has left, and leaves in a call of its own.
void RobotConnection::pump(MonoTime now) {
  if (state_ == State::over || state_ == State::moving || connection_->queuedBytes() > 0) return;
  if (outbox_.due() <= now) {
    if (auto object = outbox_.take(now, onTheWay())) {
      on_the_way_ += object->size();
      connection_->send(shareBytes(std::move(*object)), net::SendClass::control);
      return;
    }
    return wakeAt(now + RobotOutbox::kReadWithin);
  }
  const MonoTime due = outbox_.due();
  if (due != MonoTime::max()) return wakeAt(due);
  if (state_ == State::closing) connection_->closeAfterFlush(std::chrono::seconds(1));
}

// At most so much is on its way: the kernel is asked when what was sent since it was asked last could be too much.
std::size_t RobotConnection::onTheWay() {
  // What a connection that closes still has to say must be with the kernel when the hub's program ends.
  if (state_ == State::closing || !connection_->open()) return 0;
  const std::size_t next = outbox_.nextBytes();  // 0: a repetition, which is made only when it is taken
  if (next > 0 && on_the_way_ + next <= RobotOutbox::kOnTheWay) return on_the_way_;
  int bytes = 0;
  if (::ioctl(socket_, SIOCOUTQ, &bytes) != 0) bytes = 0;
  return on_the_way_ = static_cast<std::size_t>(std::max(bytes, 0));
}

void RobotConnection::wakeAt(MonoTime due) {
  if (write_timer_) loop().cancel(write_timer_);
  write_timer_ = loop().after(std::max(Duration::zero(), due - now()), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->write_timer_ = 0;
    self->pump();
  });
}

}  // namespace robohub::gateway
