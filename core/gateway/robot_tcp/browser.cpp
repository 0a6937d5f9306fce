#include "gateway/robot_tcp/browser.hpp"

#include "base/json.hpp"
#include "gateway/robot_tcp/browsers.hpp"
#include "gateway/robot_tcp/message.hpp"
#include "net/shared_alarm.hpp"

namespace robohub::gateway {

namespace {

using identity::Permission;

// One drive command in so long goes the way of all commands, so that the record of the device and the audit have it;
// the rest of a joystick's stream is checked here and goes straight to the wire.
constexpr Duration kOnRecord = std::chrono::seconds(10);
constexpr Duration kSayAgain = std::chrono::seconds(1);
constexpr Duration kReview = std::chrono::seconds(1);
constexpr Duration kFeedAgain = std::chrono::milliseconds(50);

std::optional<bool> stateOf(const RobotMessage& message) {
  const RobotField* state = message.find("state");
  if (!state) return std::nullopt;
  if (state->kind == RobotField::Kind::boolean) return state->boolean;
  if (state->kind == RobotField::Kind::number) return state->number != 0;
  return std::nullopt;
}

std::string sentenceOf(control::TurnEnd reason) {
  switch (reason) {
    case control::TurnEnd::time_up: return "Your time is up.";
    case control::TurnEnd::gave_back: return "You gave your turn back.";
    case control::TurnEnd::stopped: return "Your turn was ended by a stop.";
    case control::TurnEnd::skipped: return "A moderator ended your turn.";
    case control::TurnEnd::removed: return "A moderator took you out of the line.";
    case control::TurnEnd::lost:
    case control::TurnEnd::taken:
    case control::TurnEnd::none: break;
  }
  return "Your turn is over.";
}

}  // namespace

void RobotBrowser::begin(RobotBrowsers& browsers, std::shared_ptr<net::WebSocket> socket,
                         const identity::Session& guest, std::string address) {
  auto self = std::make_shared<RobotBrowser>(browsers, socket, guest, std::move(address));
  socket->setUser(self);
  browsers.enter(self);
  // The page waits for a line that is no JSON before it takes anything else.
  socket->sendText("Welcome to robohub.");
  self->sendList();
  self->review();
}

RobotBrowser::RobotBrowser(RobotBrowsers& browsers, std::shared_ptr<net::WebSocket> socket,
                           const identity::Session& guest, std::string address)
    : browsers_(browsers),
      socket_(std::move(socket)),
      guest_(guest),
      address_(std::move(address)),
      connection_(browsers.nextConnection()),
      loop_(&socket_->loop()) {}

MonoTime RobotBrowser::now() const {
  return browsers_.clock().now();
}

// ---- what it is told ----------------------------------------------------------------------------------------------

void RobotBrowser::robotSaid(const SharedBytes& frame) {
  socket_->sendFrame(frame, net::SendClass::data);
}

void RobotBrowser::robotGone() {
  const auto link = std::exchange(link_, nullptr);
  you_ = {};
  if (!link) return;
  // Later: the device is in the middle of losing it.
  loop().post([device = link->foreign()->device(), person = guest_.person.id] {
    device->leave(person);
    device->absent(person);
  });
  tell("The robot is gone.");
}

void RobotBrowser::refresh() {
  net::Loop& there = loop();
  there.post([self = shared_from_this(), &there] {
    if (&self->loop() != &there) return self->refresh();
    if (self->moving_)
      self->list_waits_ = true;
    else if (!self->closed_)
      self->sendList();
  });
}

void RobotBrowser::sendList() {
  socket_->sendText(browsers_.listFor(guest_));
}

void RobotBrowser::tell(const std::string& text) {
  if (!moving_ && !closed_) socket_->sendText("{\"type\":\"msg\",\"data\":{\"data\":" + json::quote(text) + "}}");
}

// A joystick would be told twenty times a second.
void RobotBrowser::tellOnce(const std::string& text) {
  if (text == said_ && now() < said_at_ + kSayAgain) return;
  said_ = text;
  said_at_ = now();
  tell(text);
}

// Rights may change and guests be sent away while the socket is open.
void RobotBrowser::review() {
  review_timer_ = loop().after(net::sharedDelay(now(), kReview), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->closed_) return;
    self->review_timer_ = 0;
    const auto& identity = self->browsers_.identity();
    if (!identity.present(self->guest_.person.id) || !identity.may(&self->guest_, Permission::watch))
      return self->socket_->close(1008, "the session has ended");
    if (self->link_ &&
        !identity.may(&self->guest_, Permission::watch, self->link_->foreign()->device()->placeNow().get())) {
      self->untie();
      self->sendList();
    }
    self->review();
  });
}

// ---- what it says -------------------------------------------------------------------------------------------------

void RobotBrowser::onText(std::string_view text) {
  if (moving_) return;
  const MonoTime now = this->now();
  if (pace_.take(now) > Duration::zero()) return socket_->close(1008, "too many messages");
  if (text == "quit") return socket_->close(1000, "as it asked");
  const auto read = RobotReader::ofThisThread().read(text);
  if (!read) return tellOnce("This was no message: " + read.error().message);
  const RobotMessage& message = **read;
  if (message.type == "robots") return sendList();
  if (message.type == "conn_req") return connectTo(message);
  if (message.type == "disconn_req") return untie();
  if (!link_) return tellOnce("You are connected to no robot.");
  toRobot(message, text, now);
}

void RobotBrowser::connectTo(const RobotMessage& message) {
  const RobotField* id = message.find("id");
  const auto robot = id ? browsers_.table().find(robotIdOf(*id)) : std::nullopt;
  const auto device = robot ? browsers_.deviceOf(*robot, guest_) : nullptr;
  const auto link = robot ? robot->link.lock() : nullptr;
  if (!device || !link) return tell("No such robot is connected.");
  if (link_ == link && you_.state != control::YouState::none) return;
  if (link_ != link) untie();
  net::Loop& target = device->loop();
  if (&target == &loop()) return tieTo(link);
  // Its robot's messages then come from the loop that it is on.
  moving_ = true;
  if (review_timer_) loop().cancel(std::exchange(review_timer_, 0));
  loop_.store(&target);
  socket_->moveTo(target, [self = shared_from_this(), link] {
    self->moving_ = false;
    if (std::exchange(self->list_waits_, false)) self->sendList();
    self->review();
    self->tieTo(link);
  });
}

void RobotBrowser::tieTo(const std::shared_ptr<RobotLink>& link) {
  if (link->over()) return tell("No such robot is connected.");
  const auto& device = link->foreign()->device();
  if (link_ != link) {
    link_ = link;
    link->tie(this);
    device->present(guest_.person.id, [weak = weak_from_this()](const control::YouView& you) {
      if (const auto self = weak.lock()) self->onYou(you);
    });
  }
  if (!browsers_.identity().may(&guest_, Permission::play, device->placeNow().get()))
    return tell("You may watch this robot; guests drive none here.");
  // Others may have come in thousands since it did, and a ban or the line asks from where it is.
  if (auto* bans = device->services().bans) bans->remember(guest_.person, address_);
  if (const Status joined = device->join(guest_.person, false); !joined) return tell(joined.error().message);
  (void)device->drive(guest_.person.id, connection_, {}, loop().index(), false);
}

void RobotBrowser::untie() {
  const auto link = std::exchange(link_, nullptr);
  you_ = {};
  if (!link) return;
  link->untie(this);
  const auto device = link->foreign()->device();
  device->leave(guest_.person.id);
  device->absent(guest_.person.id);
}

void RobotBrowser::onBinary(std::string_view) {
  socket_->close(1003, "text messages only");
}

void RobotBrowser::onClosed(std::uint16_t, std::string_view) {
  if (std::exchange(closed_, true)) return;
  if (review_timer_) loop().cancel(std::exchange(review_timer_, 0));
  untie();
}

// From within whatever changed it, so nothing here asks the device.
void RobotBrowser::onYou(const control::YouView& you) {
  const control::YouView before = std::exchange(you_, you);
  using control::YouState;
  if (you.state == YouState::active && (before.state != YouState::active || before.epoch != you.epoch))
    tell("It is your turn.");
  else if (you.state == YouState::waiting && (before.state != YouState::waiting || before.place != you.place))
    tell("Somebody else drives this robot; your place in the line is " + std::to_string(you.place) + ".");
  else if (you.state == YouState::none && before.state != YouState::none)
    tell(sentenceOf(you.reason) + " Connect again to drive.");
  else if (you.warning && !before.warning)
    tell("Your turn ends soon.");
}

// ---- to the robot -------------------------------------------------------------------------------------------------

bool RobotBrowser::mayDrive() {
  if (you_.state == control::YouState::active) return true;
  if (you_.state == control::YouState::waiting)
    tellOnce("Not yet: your place in the line is " + std::to_string(you_.place) + ".");
  else
    tellOnce("It is not your turn; connect again to drive.");
  return false;
}

void RobotBrowser::toRobot(const RobotMessage& message, std::string_view text, MonoTime now) {
  if (!mayDrive()) return;
  feed(now);
  if (!link_) return;
  if (message.type == "com_motor") return drive(message, now);
  json::Object::Ptr params(new json::Object);
  if (message.type == "com_led" || message.type == "com_buzzer") {
    const auto on = stateOf(message);
    if (!on) return tellOnce(std::string(message.type) + " needs a state: true or false.");
    params->set("on", *on);
    return command(message.type == "com_led" ? "led" : "buzzer", params);
  }
  if (message.type == "msg") {
    const RobotField* said = message.find("data");
    if (!said || said->kind != RobotField::Kind::text) return tellOnce("msg needs a text.");
    params->set("text", std::string(said->text));
    return command("message", params);
  }
  pass(message, text);
}

// A message that came shows that the page is there, as the beat of our own page does.
void RobotBrowser::feed(MonoTime now) {
  if (fed_epoch_ == you_.epoch && now < fed_at_ + kFeedAgain) return;
  fed_epoch_ = you_.epoch;
  fed_at_ = now;
  link_->foreign()->holderSpoke(you_.epoch, now);
}

void RobotBrowser::drive(const RobotMessage& message, MonoTime now) {
  const auto motors = motorsOf(message, link_->motors());
  if (!motors) return tellOnce(motors.error().message);
  const bool on_record = told_epoch_ == you_.epoch && now < told_at_ + kOnRecord;
  // An order to stand never takes the way on which a command can be refused.
  if ((on_record || motors->standing()) && link_->drive(*motors, you_.epoch)) return;
  if (!on_record) {
    told_epoch_ = you_.epoch;
    told_at_ = now;
  }
  const Drive percent = driveOf(*motors);
  json::Object::Ptr params(new json::Object);
  params->set("left_percent", percent.left_percent);
  params->set("right_percent", percent.right_percent);
  command("drive", params);
}

void RobotBrowser::pass(const RobotMessage& message, std::string_view text) {
  const RobotSettings& settings = link_->rules().settings;
  if (!message.has_data) return tellOnce("A message to a robot has `data`.");
  const auto declared = settings.types.find(message.type);
  if (declared != settings.types.end()) {
    const auto object = json::parseObject(text);
    if (!object) return;
    const json::Object::Ptr data = (*object)->getObject("data");
    if (!data) return tellOnce("`data` of " + std::string(message.type) + " is an object.");
    // The command knows the schema of when the robot connected; a reload may have declared another, or the first.
    const Status fits = declared->second.schema.validate(json::Var(data), "/data");
    if (!fits) return tellOnce(fits.error().message);
    const auto& commands = link_->rules().type->commands;
    if (const auto at = commands.find(message.type); at != commands.end()) return command(at->second, data);
  } else if (!settings.pass_unknown) {
    return tellOnce("Nobody has declared messages of the type " + std::string(message.type) + " here.");
  }
  auto object = asciiObject(text);
  if (!object) return tellOnce(object.error().message);
  if (!link_->pass(std::move(*object), you_.epoch)) tellOnce("The robot takes nothing now.");
}

void RobotBrowser::command(std::string_view name, json::Object::Ptr params) {
  live::CommandCall call;
  call.name = name;
  call.params = std::move(params);
  call.epoch = you_.epoch;
  call.from_program = true;
  link_->foreign()->device()->command(guest_.person, call, std::chrono::seconds(2),
                                      [weak = weak_from_this()](const control::CommandRecord& record) {
                                        const auto self = weak.lock();
                                        if (self && record.error && control::isFinal(record.state))
                                          self->tellOnce(record.error->message);
                                      });
}

}  // namespace robohub::gateway
