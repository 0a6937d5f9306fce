// Two motors on a double H-bridge (L298N, L293D, TB6612 and their kin): for each motor two lines say the direction, and
// pulses on an enable pin say how hard. Off means: no pulses, both lines low.
#pragma once
#include <array>
#include <chrono>
#include <memory>

#include "hw/gpio.hpp"
#include "hw/pwm.hpp"
#include "rh/mutex.hpp"

namespace motor_robot {

// CW: IN1 high, IN2 low, as the older program has it.
enum class Direction { cw, ccw };

struct MotorOrder {
  Direction direction = Direction::cw;
  double percent = 0;  // 0..100 of the period; 0: off
  bool off() const { return percent <= 0; }
};
using Orders = std::array<MotorOrder, 2>;  // motor 1, motor 2

struct DirectionLines {
  std::unique_ptr<rh::hw::GpioOutput> in1, in2;
};

struct MotorPins {
  std::unique_ptr<rh::hw::PwmOutput> enable;
  DirectionLines lines;
};

// [any-thread] Its mutex is held over a few writes of pins, never over a wait, so that off() is quick beside any order.
class HBridge {
 public:
  using Clock = std::chrono::steady_clock;

  // The pins are to be low. `dead_time`: how long a motor is to be without current before it turns the other way.
  HBridge(MotorPins first, MotorPins second, std::chrono::microseconds dead_time);
  ~HBridge();

  // Takes the power from those motors that `orders` turns the other way. `wait`: how long it is then until the last of
  // them has had its dead time, and carryOut() may come; also of a motor that was switched off only just now.
  rh::hw::IoStatus releaseReversing(const Orders& orders, std::chrono::nanoseconds& wait);
  // At a failure both motors are off, as far as the pins take it.
  rh::hw::IoStatus carryOut(const Orders& orders);
  // Both motors, every pin, though one of them fails; the first failure is told.
  rh::hw::IoStatus off();
  // What the pins do now.
  Orders orders() const;

 private:
  struct Motor {
    MotorPins pins;
    MotorOrder order;            // its direction stays when it is off
    Clock::time_point ended_at;  // its last current; meaningful while it is off
  };
  static rh::hw::IoStatus drive(Motor& motor, MotorOrder order);
  static rh::hw::IoStatus stop(Motor& motor);
  rh::hw::IoStatus stopBoth() RH_REQUIRES(mutex_);

  const std::chrono::microseconds dead_time_;
  mutable rh::Mutex mutex_;
  std::array<Motor, 2> motors_ RH_GUARDED_BY(mutex_);
};

}  // namespace motor_robot
