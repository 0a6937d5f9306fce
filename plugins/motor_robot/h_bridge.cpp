#include "motor_robot/h_bridge.hpp"

#include <algorithm>
#include <cmath>

namespace motor_robot {

using rh::hw::IoStatus;

namespace {

// The first of two failures, or none.
IoStatus first(IoStatus one, IoStatus other) {
  return one.ok() ? other : one;
}

}  // namespace

HBridge::HBridge(MotorPins one, MotorPins two, std::chrono::microseconds dead_time)
    : dead_time_(dead_time), motors_{{{std::move(one), {}, {}}, {std::move(two), {}, {}}}} {}

HBridge::~HBridge() {
  (void)off();
}

IoStatus HBridge::releaseReversing(const Orders& orders, std::chrono::nanoseconds& wait) {
  const rh::Lock lock(mutex_);
  wait = {};
  IoStatus status;
  for (std::size_t i = 0; i < motors_.size(); ++i) {
    Motor& motor = motors_[i];
    if (orders[i].off() || motor.order.direction == orders[i].direction) continue;
    if (!motor.order.off()) status = first(status, stop(motor));
    wait = std::max<std::chrono::nanoseconds>(wait, motor.ended_at + dead_time_ - Clock::now());
  }
  return status;
}

IoStatus HBridge::carryOut(const Orders& orders) {
  const rh::Lock lock(mutex_);
  for (std::size_t i = 0; i < motors_.size(); ++i) {
    if (auto status = drive(motors_[i], orders[i]); !status) {
      (void)stopBoth();
      return status;
    }
  }
  return {};
}

IoStatus HBridge::off() {
  const rh::Lock lock(mutex_);
  return stopBoth();
}

Orders HBridge::orders() const {
  const rh::Lock lock(mutex_);
  return {motors_[0].order, motors_[1].order};
}

IoStatus HBridge::stopBoth() {
  const IoStatus one = stop(motors_[0]);
  return first(one, stop(motors_[1]));
}

IoStatus HBridge::stop(Motor& motor) {
  IoStatus status = motor.pins.enable->off();
  status = first(status, motor.pins.lines.in1->set(false));
  status = first(status, motor.pins.lines.in2->set(false));
  if (status.ok() && !motor.order.off()) {
    motor.order.percent = 0;
    motor.ended_at = Clock::now();
  }
  return status;
}

IoStatus HBridge::drive(Motor& motor, MotorOrder order) {
  if (order.off()) return stop(motor);
  if (motor.order.off() || motor.order.direction != order.direction) {
    // Without pulses while the lines change, and the one that goes low first: never both high.
    if (auto status = stop(motor); !status) return status;
    const bool cw = order.direction == Direction::cw;
    if (auto status = (cw ? motor.pins.lines.in1 : motor.pins.lines.in2)->set(true); !status) return status;
  }
  motor.order = order;  // from here on it may turn, whatever the pins answer
  const double share = std::fmin(order.percent, 100) / 100;
  const auto period = motor.pins.enable->period();
  return motor.pins.enable->setHighTime(
      std::chrono::nanoseconds(std::llround(share * static_cast<double>(period.count()))));
}

}  // namespace motor_robot
