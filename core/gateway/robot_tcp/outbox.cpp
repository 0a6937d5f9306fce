#include "gateway/robot_tcp/outbox.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace robohub::gateway {

namespace {
constexpr std::string_view kLamp = R"({"type":"com_led",)";  // as switchObject() begins
}

bool RobotOutbox::push(std::string object) {
  if (waiting_.size() >= kMost) return false;
  // Whatever is newer about the buzzer counts.
  if (quiet_again_ && object.find("com_buzzer") != std::string::npos) quiet_again_ = false;
  waiting_.push_back({false, std::move(object)});
  return true;
}

void RobotOutbox::motors(const RobotMotors& motors, MonoTime now) {
  motors_ = motors;
  repeats_ = motors.standing() ? kTimes - 1 : 0;
  repeat_at_ = motors.standing() ? now + kRepeatAfter : MonoTime::max();
  for (Item& item : waiting_)
    if (item.of_motors) {
      item = {true, motorObject(motors)};
      return;
    }
  waiting_.push_back({true, motorObject(motors)});
}

void RobotOutbox::halt(MonoTime now) {
  std::string lamp;
  for (Item& item : waiting_)
    if (item.object.starts_with(kLamp)) lamp = std::move(item.object);
  waiting_.clear();
  motors({}, now);
  waiting_.back().of_halt = true;
  waiting_.push_back({false, switchObject("com_buzzer", false), true});
  if (!lamp.empty()) waiting_.push_back({false, std::move(lamp)});
  quiet_again_ = true;
}

MonoTime RobotOutbox::roomFor(std::size_t bytes) const {
  std::size_t unread = 0;
  for (const Written& each : written_) unread += each.bytes;
  for (const Written& each : written_) {
    if (unread + bytes <= kRobotReadBytes) break;
    unread -= each.bytes;
    if (unread + bytes <= kRobotReadBytes) return each.at + kReadWithin;
  }
  return MonoTime::min();
}

MonoTime RobotOutbox::due() const {
  if (!waiting_.empty()) return roomFor(waiting_.front().object.size());
  return repeat_at_;
}

std::optional<std::string> RobotOutbox::take(MonoTime now, std::size_t on_the_way) {
  while (!written_.empty() && written_.front().at + kReadWithin <= now) written_.erase(written_.begin());
  if (waiting_.empty() && now >= repeat_at_) {
    waiting_.push_back({true, motorObject(motors_)});
    if (std::exchange(quiet_again_, false)) waiting_.push_back({false, switchObject("com_buzzer", false)});
    repeat_at_ = --repeats_ > 0 ? now + kRepeatAfter : MonoTime::max();
  }
  if (waiting_.empty() || roomFor(waiting_.front().object.size()) > now) return std::nullopt;
  if (!waiting_.front().of_halt && on_the_way + waiting_.front().object.size() > kOnTheWay) return std::nullopt;
  std::string object = std::move(waiting_.front().object);
  waiting_.erase(waiting_.begin());
  written_.push_back({now, object.size()});
  return object;
}

}  // namespace robohub::gateway
