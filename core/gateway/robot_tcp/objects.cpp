#include "gateway/robot_tcp/objects.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/json.hpp"

namespace robohub::gateway {

namespace {

int clampedPercent(double value) {
  if (std::isnan(value)) return 0;
  return static_cast<int>(std::lround(std::clamp(value, -100.0, 100.0)));
}

void escapeUnit(std::string& out, unsigned unit) {
  char text[8];
  std::snprintf(text, sizeof text, "\\u%04x", unit & 0xffff);
  out += text;
}

// The character that begins at `at` of well-formed UTF-8; moves behind it.
char32_t codePoint(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  const unsigned first = byte(at);
  const std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  char32_t value = more == 0 ? first : first & (0x3fu >> more);
  for (std::size_t i = 1; i <= more; ++i) value = value << 6 | (byte(at + i) & 0x3fu);
  at += more + 1;
  return value;
}

Result<RobotMotor> motorOf(const RobotMessage& message, std::string_view name, RobotMotor now) {
  const RobotField* whole = message.find(name);
  if (!whole) return now;
  const auto at = [name](const char* rest) { return "/data/" + std::string(name) + rest; };
  if (whole->kind != RobotField::Kind::object)
    return fail(ErrorCode::invalid_argument, "A motor is {\"dir\",\"spd\"}.", at(""));
  if (const RobotField* dir = message.find("dir", name)) {
    if (dir->kind != RobotField::Kind::text || (dir->text != "CW" && dir->text != "CCW"))
      return fail(ErrorCode::invalid_argument, "A motor's direction is \"CW\" or \"CCW\".", at("/dir"));
    now.clockwise = dir->text == "CW";
  }
  if (const RobotField* speed = message.find("spd", name)) {
    if (speed->kind != RobotField::Kind::number)
      return fail(ErrorCode::invalid_argument, "A motor's speed is a number from 0 to 100.", at("/spd"));
    now.speed = std::max(0, clampedPercent(speed->number));
  }
  return now;
}

Result<std::string> ifItFits(std::string object) {
  if (object.size() > kRobotReadBytes)
    return fail(ErrorCode::too_large, "This is too long for the robot: it would be " + std::to_string(object.size()) +
                                          " bytes, and a robot takes " + std::to_string(kRobotReadBytes) + ".");
  return object;
}

}  // namespace

RobotMotors motorsOf(double left_percent, double right_percent) {
  const int left = clampedPercent(left_percent), right = clampedPercent(right_percent);
  return {{left < 0, std::abs(left)}, {right >= 0, std::abs(right)}};
}

Drive driveOf(const RobotMotors& motors) {
  return {motors.m1.clockwise ? -motors.m1.speed : motors.m1.speed,
          motors.m2.clockwise ? motors.m2.speed : -motors.m2.speed};
}

Result<RobotMotors> motorsOf(const RobotMessage& com_motor, const RobotMotors& now) {
  if (!com_motor.find("m1") && !com_motor.find("m2"))
    return fail(ErrorCode::invalid_argument, "com_motor names m1, m2 or both.", "/data");
  auto m1 = motorOf(com_motor, "m1", now.m1);
  if (!m1) return fail(std::move(m1.error()));
  auto m2 = motorOf(com_motor, "m2", now.m2);
  if (!m2) return fail(std::move(m2.error()));
  return RobotMotors{*m1, *m2};
}

// Ten times a second for each robot that is driven, so without a printf.
std::string motorObject(const RobotMotors& motors) {
  std::string text = R"({"type":"com_motor","data":{)";
  const auto add = [&text](const char* name, const RobotMotor& motor) {
    text += name;
    text += motor.clockwise ? R"(:{"dir":"CW","spd":)" : R"(:{"dir":"CCW","spd":)";
    char digits[8];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, std::clamp(motor.speed, 0, 100)).ptr);
    text += '}';
  };
  text.reserve(96);
  add("\"m1\"", motors.m1);
  add(",\"m2\"", motors.m2);
  return text += "}}";
}

std::string switchObject(const char* type, bool on) {
  return std::string("{\"type\":\"") + type + "\",\"data\":{\"state\":" + (on ? "true}}" : "false}}");
}

Result<std::string> messageObject(std::string_view text) {
  return anyObject("msg", "{\"data\":" + json::quote(text) + "}");
}

Result<std::string> anyObject(std::string_view type, std::string_view data_json) {
  std::string object = "{\"type\":" + json::quote(type) + ",\"data\":";
  object += data_json;
  object += '}';
  return asciiObject(object);
}

Result<std::string> asciiObject(std::string_view json) {
  std::string out;
  out.reserve(std::min<std::size_t>(json.size(), 2 * kRobotReadBytes));
  bool in_text = false;
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (!in_text) {
      if (c == '"') in_text = true;
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') out += c;
      ++at;
    } else if (c == '\\') {
      out += json.substr(at, 2);
      at += 2;
    } else if (c == '"') {
      in_text = false;
      out += c;
      ++at;
    } else if (c == '{' || c == '}' || static_cast<unsigned char>(c) >= 0x7f) {
      const char32_t value = codePoint(json, at);
      if (value >= 0x10000) {
        escapeUnit(out, static_cast<unsigned>(0xd800 + ((value - 0x10000) >> 10)));
        escapeUnit(out, static_cast<unsigned>(0xdc00 + ((value - 0x10000) & 0x3ff)));
      } else {
        escapeUnit(out, static_cast<unsigned>(value));
      }
    } else {
      out += c;
      ++at;
    }
    // Nothing beyond what is refused anyway.
    if (out.size() > 16 * kRobotReadBytes) break;
  }
  return ifItFits(std::move(out));
}

}  // namespace robohub::gateway
