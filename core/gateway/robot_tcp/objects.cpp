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

// 0 or 1; -1: no motor's name.
int motorNamed(std::string_view name) {
  return name.size() == 2 && name[0] == 'm' && (name[1] == '1' || name[1] == '2') ? name[1] - '1' : -1;
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
  RobotMotors motors = now;
  bool named = false;
  const auto wrong = [](const RobotField& field, const char* why) {
    std::string where = "/data/";
    if (!field.in.empty()) where.append(field.in) += '/';
    return fail(ErrorCode::invalid_argument, why, where.append(field.key));
  };
  for (const RobotField& field : com_motor.fields) {
    const int index = motorNamed(field.in.empty() ? field.key : field.in);
    if (index < 0) continue;
    RobotMotor& motor = index == 0 ? motors.m1 : motors.m2;
    if (field.in.empty()) {
      if (field.kind != RobotField::Kind::object) return wrong(field, "A motor is {\"dir\",\"spd\"}.");
      named = true;
    } else if (field.key == "dir") {
      if (field.kind != RobotField::Kind::text || (field.text != "CW" && field.text != "CCW"))
        return wrong(field, "A motor's direction is \"CW\" or \"CCW\".");
      motor.clockwise = field.text == "CW";
    } else if (field.key == "spd") {
      if (field.kind != RobotField::Kind::number) return wrong(field, "A motor's speed is a number from 0 to 100.");
      motor.speed = std::max(0, clampedPercent(field.number));
    }
  }
  if (!named) return fail(ErrorCode::invalid_argument, "com_motor names m1, m2 or both.", "/data");
  return motors;
}

// Ten times a second for each robot that is driven, so without a printf.
std::string motorObject(const RobotMotors& motors) {
  char text[128];
  char* end = text;
  const auto add = [&end](std::string_view part) { end = std::copy(part.begin(), part.end(), end); };
  const auto motor = [&](const RobotMotor& each) {
    add(each.clockwise ? R"({"dir":"CW","spd":)" : R"({"dir":"CCW","spd":)");
    end = std::to_chars(end, end + 8, std::clamp(each.speed, 0, 100)).ptr;
    *end++ = '}';
  };
  add(R"({"type":"com_motor","data":{"m1":)");
  motor(motors.m1);
  add(R"(,"m2":)");
  motor(motors.m2);
  add("}}");
  return {text, end};
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
