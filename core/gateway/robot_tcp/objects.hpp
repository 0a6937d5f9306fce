// What is written to a robot. The published robot's program ends its receiving thread at almost anything unusual, so
// each object here is ASCII, has `type` and `data`, no brace inside a string, both motors with whole speeds from 0 to
// 100, and at most 255 bytes. Pure. [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "gateway/robot_tcp/message_fields.hpp"

namespace robohub::gateway {

// It reads so many bytes at a time, and an object across that border is lost.
inline constexpr std::size_t kRobotReadBytes = 255;

struct RobotMotor {
  bool clockwise = true;  // IN1 high, IN2 low
  int speed = 0;          // percent, 0 to 100
  friend bool operator==(const RobotMotor&, const RobotMotor&) = default;
};
// m1 is the left one, m2 the right one.
struct RobotMotors {
  RobotMotor m1{false, 0}, m2{true, 0};
  bool standing() const { return m1.speed == 0 && m2.speed == 0; }
  friend bool operator==(const RobotMotors&, const RobotMotors&) = default;
};

// Percent, forward is positive: m1 counter-clockwise, m2 clockwise. Whatever is out of range is clamped.
RobotMotors motorsOf(double left_percent, double right_percent);
struct Drive {
  int left_percent = 0, right_percent = 0;
};
Drive driveOf(const RobotMotors& motors);
// What a browser's com_motor says; a motor that it does not name goes on as in `now`. Speeds are rounded and clamped.
// Errors: invalid_argument (neither motor, a direction that is none, a speed that is no number).
Result<RobotMotors> motorsOf(const RobotMessage& com_motor, const RobotMotors& now);

std::string motorObject(const RobotMotors& motors);
// `type`: com_led or com_buzzer.
std::string switchObject(const char* type, bool on);
// Errors: too_large.
Result<std::string> messageObject(std::string_view text);
// `data_json`: an object's text, strict JSON. Errors: too_large.
Result<std::string> anyObject(std::string_view type, std::string_view data_json);
// A whole object's text, strict JSON with `type` and `data`, as a robot can take it. Errors: too_large.
Result<std::string> asciiObject(std::string_view json);

}  // namespace robohub::gateway
