#include "gateway/robot_tcp/link.hpp"

#include <algorithm>
#include <charconv>

#include "base/json.hpp"
#include "base/text.hpp"
#include "net/shared_alarm.hpp"
#include "net/websocket.hpp"

namespace robohub::gateway {

namespace {

constexpr Duration kOutputsTogether = std::chrono::milliseconds(500), kOutputsUnwatched = std::chrono::seconds(1);
constexpr const char* kTenths = "tenths";      // as it is kept with the device
constexpr std::size_t kLongestMessage = 1000;  // of the channel `message`, in bytes

void appendNumber(std::string& out, double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

const double* numberAt(const RobotMessage& message, std::string_view key) {
  const RobotField* field = message.find(key);
  return field && field->kind == RobotField::Kind::number ? &field->number : nullptr;
}

}  // namespace

std::shared_ptr<RobotLink> RobotLink::begin(const std::shared_ptr<live::LiveDevice>& device, RobotWire& wire,
                                            std::shared_ptr<const RobotRules> rules, const RobotFacts& robot) {
  auto self = std::make_shared<RobotLink>(device, wire, std::move(rules), robot);
  self->takeUp();
  return self;
}

RobotLink::RobotLink(const std::shared_ptr<live::LiveDevice>& device, RobotWire& wire,
                     std::shared_ptr<const RobotRules> rules, const RobotFacts& robot)
    : wire_(&wire), device_(device), rules_(std::move(rules)), facts_([&] {
        ForeignFacts facts;
        facts.link = {.link = device::Link::robot_tcp,
                      .fenced = false,
                      .halt = live::HaltKind::sent,
                      .type = rules_->type ? rules_->type->type : nullptr};
        facts.agent = "robot_tcp";
        facts.address = robot.address;
        return facts;
      }()) {
  const auto known = device->services().registry.find(device->id());
  const auto kept = known ? json::parseObject(known->reported_json) : fail(ErrorCode::not_found, "");
  if (kept) tenths_ = json::getBool(**kept, kTenths).value_or(false);
}

void RobotLink::takeUp() {
  if (wire_) foreign_ = ForeignDevice::begin(device_, shared_from_this(), facts_);
}

void RobotLink::follow(const RobotRules& rules) {
  auto mixed = std::make_shared<RobotRules>(rules);
  mixed->type = rules_->type;
  rules_ = std::move(mixed);
}

// ---- from the robot -----------------------------------------------------------------------------------------------

void RobotLink::heard(const RobotMessage& what, std::string_view text, MonoTime now) {
  if (over()) return;
  // What fits no channel of ours may still mean something to the page: only declared types are checked for it.
  bool passes = true;
  if (what.type == "orientation_data")
    orientation(what, now);
  else if (what.type == "climate_data")
    climate(what, now);
  else if (what.type == "msg")
    message(what);
  else if (what.type == "self_info")
    return;
  else
    passes = further(what, text);
  if (!passes || watchers_.empty()) return;
  const SharedBytes frame = net::WebSocket::frameText(text);
  for (RobotWatcher* watcher : watchers_) watcher->robotSaid(frame);
}

// Values of two fields: at most as often as the channel says, and no text is made of them where their ranges are all
// that has to be checked.
void RobotLink::numbers(const std::optional<NumberChannel>& quick, const char* channel, MonoTime& told, MonoTime now,
                        const char* const* names, const double* values) {
  if (quick) {
    if (!quick->fits(values)) return complain(std::string(channel) + " out of its range");
    if (told != MonoTime::min() && now < told + quick->interval()) return;
    told = now;
    const auto sorted = quick->sorted(values);
    return foreign_->publishChecked(channel, {quick->shape(), {sorted.data(), quick->shape()->fields().size()}});
  }
  std::string json = "{\"";
  json += names[0];
  json += "\":";
  appendNumber(json, values[0]);
  json += ",\"";
  json += names[1];
  json += "\":";
  appendNumber(json, values[1]);
  json += '}';
  foreign_->publish(channel, json);
}

void RobotLink::orientation(const RobotMessage& what, MonoTime now) {
  static constexpr const char* kNames[] = {"pitch_deg", "roll_deg"};
  const double *pitch = numberAt(what, "pitch"), *roll = numberAt(what, "roll");
  if (!pitch || !roll) return complain("orientation_data without pitch and roll");
  const double values[] = {*pitch, *roll};
  numbers(rules_->type->orientation, "orientation", orientation_told_, now, kNames, values);
}

void RobotLink::climate(const RobotMessage& what, MonoTime now) {
  static constexpr const char* kNames[] = {"temperature_cel", "pressure_pa"};
  const RobotField* temperature = what.find("temperature");
  const double* pressure = numberAt(what, "pressure");
  if (!temperature || temperature->kind != RobotField::Kind::number || !pressure)
    return complain("climate_data without temperature and pressure");
  // The published program sends tenths of a degree although its documents say degrees, and no sensor of that kind
  // measures beyond 85 degrees.
  constexpr double kHighest = 85;
  const RobotTemperature unit = rules_->settings.temperature;
  if (unit == RobotTemperature::automatic && temperature->whole && std::abs(temperature->number) > kHighest &&
      !std::exchange(tenths_, true))
    device_->services().registry.saveReported(device_->id(), std::string("{\"") + kTenths + "\":true}",
                                              [](const Status&) {});
  const bool tenths = unit == RobotTemperature::tenths || (unit == RobotTemperature::automatic && tenths_);
  const double values[] = {tenths ? temperature->number / 10 : temperature->number, *pressure};
  numbers(rules_->type->climate, "climate", climate_told_, now, kNames, values);
}

void RobotLink::message(const RobotMessage& what) {
  const RobotField* text = what.find("data");
  if (!text || text->kind != RobotField::Kind::text) return complain("msg without a text");
  foreign_->publish("message", "{\"text\":" + json::quote(beginningOf(text->text, kLongestMessage)) + "}");
}

bool RobotLink::further(const RobotMessage& what, std::string_view text) {
  const auto declared = rules_->settings.types.find(what.type);
  if (declared == rules_->settings.types.end()) {
    if (!rules_->settings.pass_unknown)
      complain("a message of a type that nobody declared: " + std::string(beginningOf(what.type, 40)));
    return rules_->settings.pass_unknown;
  }
  const auto object = json::parseObject(text);
  const json::Var data = object ? (*object)->get("data") : json::Var();
  if (data.isEmpty()) return complain(std::string(what.type) + " without data"), false;
  const Status fits = declared->second.schema.validate(data, "/data");
  if (!fits) complain(std::string(what.type) + ": " + fits.error().where + " " + fits.error().message);
  return fits.has_value();
}

void RobotLink::complain(const std::string& why) {
  if (over()) return;
  const MonoTime now = foreign_->device()->loop().now();
  ++complaints_;
  if (complained_ != MonoTime::min() && now < complained_ + std::chrono::minutes(1)) return;
  complained_ = now;
  const std::string count =
      complaints_ == 1 ? "A message of the robot was" : std::to_string(complaints_) + " messages of the robot were";
  complaints_ = 0;
  foreign_->event(link::EventLevel::warning, count + " no good: " + why + ".");
}

void RobotLink::lost() {
  wire_ = nullptr;
  if (foreign_) foreign_->lost("the robot closed the connection");
  letGo();
}

// ---- browsers -----------------------------------------------------------------------------------------------------

void RobotLink::tie(RobotWatcher* watcher) {
  if (std::find(watchers_.begin(), watchers_.end(), watcher) == watchers_.end()) watchers_.push_back(watcher);
}

void RobotLink::untie(RobotWatcher* watcher) {
  std::erase(watchers_, watcher);
}

void RobotLink::letGo() {
  for (RobotWatcher* watcher : std::exchange(watchers_, {})) watcher->robotGone();
}

bool RobotLink::drive(const RobotMotors& motors, Epoch epoch) {
  const MonoTime now = this->now();  // not of the handler's beginning: the last look before motors are told
  if (!wire_ || over() || !foreign_->permitted(now) || foreign_->epoch() != epoch) return false;
  wire_->drive(motors, now);
  outputsChanged();
  return true;
}

bool RobotLink::pass(std::string object, Epoch epoch) {
  if (!wire_ || over() || !foreign_->permitted(now()) || foreign_->epoch() != epoch) return false;
  return wire_->say(std::move(object));
}

// ---- from the hub -------------------------------------------------------------------------------------------------

std::optional<link::Outcome> RobotLink::run(const link::RunCommand& command) {
  link::Outcome outcome;
  const auto params = json::parseObject(command.params_json);
  const Status done = params ? carryOut(command, **params) : Status(fail(params.error()));
  if (done) {
    outcome.state = link::FinalState::succeeded;
    outputsChanged();
  } else {
    outcome.state = link::FinalState::failed;
    outcome.code = done.error().code;
    outcome.message = done.error().message;
    outcome.pointer = done.error().where;
  }
  return outcome;
}

Status RobotLink::carryOut(const link::RunCommand& command, const json::Object& params) {
  if (!wire_) return fail(ErrorCode::unavailable, "The robot is gone.");
  Result<std::string> object = std::string();
  bool* told = nullptr;  // what it is told to switch, and how
  bool on = false;
  if (command.name == "drive") {
    const json::Var left = params.get("left_percent"), right = params.get("right_percent");
    wire_->drive(motorsOf(left.isEmpty() ? 0 : left.convert<double>(), right.isEmpty() ? 0 : right.convert<double>()),
                 now());
    return {};
  }
  if (command.name == "stop") {
    wire_->drive({}, now());
    return {};
  }
  if (command.name == "led" || command.name == "buzzer") {
    const bool led = command.name == "led";
    told = led ? &led_ : &buzzer_;
    on = params.optValue<bool>("on", false);
    object = switchObject(led ? "com_led" : "com_buzzer", on);
  } else if (command.name == "message") {
    object = messageObject(params.optValue<std::string>("text", ""));
  } else {
    object = anyObject(rules_->type->typeOf(command.name), command.params_json);
  }
  if (!object) return fail(object.error());
  if (!wire_->say(std::move(*object)))
    return fail(ErrorCode::exhausted, "The robot does not take what it was sent already.");
  if (told) *told = on;
  return {};
}

Status RobotLink::halt(link::HaltReason) {
  buzzer_ = false;
  if (!wire_ || !wire_->halt()) return fail(ErrorCode::unavailable, "The robot is gone.");
  outputsChanged();
  return {};
}

void RobotLink::end(const char* why) {
  ending_ = true;
  if (over())
    ended(why, true);
  else
    foreign_->end(why);
}

void RobotLink::ended(std::string_view why, bool for_good) {
  // A robot's program ends with its connection and nobody starts it again: that the hub stood still itself is no reason
  // to close it. It was told to stand. Later: the device is in the middle of losing it.
  if (!for_good && !ending_ && wire_) {
    device_->loop().post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->takeUp();
    });
    return;
  }
  RobotWire* wire = std::exchange(wire_, nullptr);
  letGo();
  if (wire) wire->closeSoon(why);
}

// What the robot was told, since it says nothing about it. Later: the device may be in the middle of the command.
void RobotLink::outputsChanged() {
  if (!foreign_ || telling_outputs_ || !rules_->type || !rules_->type->shows_outputs) return;
  telling_outputs_ = true;
  net::Loop& loop = foreign_->device()->loop();
  const Duration together = device_->watched() ? kOutputsTogether : kOutputsUnwatched;
  loop.after(net::sharedDelay(loop.now(), together), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->tellOutputs();
  });
}

void RobotLink::tellOutputs() {
  telling_outputs_ = false;
  if (over()) return;
  foreign_->publishChecked("outputs", outputsJson(led_, buzzer_, motors()));
}

}  // namespace robohub::gateway
