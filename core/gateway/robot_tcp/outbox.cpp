#include "gateway/robot_tcp/outbox.hpp"

#include <algorithm>

namespace robohub::gateway {

bool RobotOutbox::push(std::string object) {
  if (waiting_.size() >= kMost) return false;
  waiting_.push_back({false, std::move(object)});
  return true;
}

void RobotOutbox::motors(const RobotMotors& motors, MonoTime now) {
  motors_ = motors;
  repeats_ = motors.standing() ? kTimes - 1 : 0;
  repeat_at_ = motors.standing() ? now + kRepeatAfter : MonoTime::max();
  for (Item& item : waiting_)
    if (item.of_motors) {
      item.object = motorObject(motors);
      return;
    }
  waiting_.push_back({true, motorObject(motors)});
}

void RobotOutbox::halt(MonoTime now) {
  waiting_.clear();
  motors({}, now);
  waiting_.push_back({false, switchObject("com_buzzer", false)});
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

std::optional<std::string> RobotOutbox::take(MonoTime now) {
  while (!written_.empty() && written_.front().at + kReadWithin <= now) written_.pop_front();
  if (waiting_.empty() && now >= repeat_at_) {
    waiting_.push_back({true, motorObject(motors_)});
    repeat_at_ = --repeats_ > 0 ? now + kRepeatAfter : MonoTime::max();
  }
  if (waiting_.empty() || roomFor(waiting_.front().object.size()) > now) return std::nullopt;
  std::string object = std::move(waiting_.front().object);
  waiting_.pop_front();
  written_.push_back({now, object.size()});
  return object;
}

}  // namespace robohub::gateway
