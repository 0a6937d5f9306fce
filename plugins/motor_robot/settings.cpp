#include "motor_robot/settings.hpp"

#include <map>

#include "rh/fields.hpp"

namespace motor_robot {
namespace {

// Lines that were given away already, with the pointer of who has them.
class TakenLines {
 public:
  void take(std::uint32_t line, const std::string& pointer) {
    const auto [other, fresh] = taken_.emplace(line, pointer);
    if (!fresh)
      throw rh::invalid(pointer + " must be another line than " + other->second + ", which is " + std::to_string(line) +
                        " too.");
  }

 private:
  std::map<std::uint32_t, std::string> taken_;
};

void readMotor(rh::Fields& fields, const char* key, MotorLines& lines) {
  const rh::Json* json = fields.take(key);
  if (json == nullptr) return;
  rh::Fields inner(*json, fields.pointer(key));
  inner.integer("in1", lines.in1, 0, 1023);
  inner.integer("in2", lines.in2, 0, 1023);
  inner.integer("enable", lines.enable, 0, 1023);
  inner.finish();
}

void readPwm(const rh::Json& json, Settings& settings) {
  rh::Fields fields(json, "/pwm");
  fields.integer("frequency_hz", settings.pwm_hz, 50, 20000);
  fields.text("chip", settings.pwm_chip);
  fields.integer("motor1_channel", settings.pwm_channels[0], 0, 63);
  fields.integer("motor2_channel", settings.pwm_channels[1], 0, 63);
  fields.finish();
  if (!settings.pwm_chip.empty() && settings.pwm_channels[0] == settings.pwm_channels[1])
    fields.refuse("motor2_channel", "must be another one than motor1_channel");
  if (settings.pwm_chip.empty() && settings.pwm_hz > 2000)
    fields.refuse("frequency_hz", "must be at most 2000 where pulses are made by software (chip is not set)");
}

void requireOwnLines(const Settings& settings) {
  TakenLines taken;
  taken.take(settings.led_line, "/gpio/led");
  taken.take(settings.buzzer_line, "/gpio/buzzer");
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string motor = "/motor" + std::to_string(i + 1);
    taken.take(settings.motors[i].in1, motor + "/in1");
    taken.take(settings.motors[i].in2, motor + "/in2");
    // With PWM hardware the enable pins belong to it, and their line numbers are not used.
    if (settings.pwm_chip.empty()) taken.take(settings.motors[i].enable, motor + "/enable");
  }
}

}  // namespace

Settings Settings::fromJson(const rh::Json& config) {
  Settings settings;
  rh::Fields fields(config);
  std::string hardware = "linux";
  fields.text("hardware", hardware);
  if (hardware != "linux" && hardware != "model") fields.refuse("hardware", "must be linux or model");
  settings.model = hardware == "model";
  fields.text("i2c", settings.i2c);
  if (const rh::Json* json = fields.take("accelerometer")) {
    rh::Fields inner(*json, "/accelerometer");
    inner.flag("fitted", settings.accelerometer);
    inner.integer("address", settings.accelerometer_address, 0x08, 0x77);
    inner.finish();
  }
  if (const rh::Json* json = fields.take("barometer")) {
    rh::Fields inner(*json, "/barometer");
    inner.flag("fitted", settings.barometer);
    inner.integer("address", settings.barometer_address, 0x08, 0x77);
    inner.integer("oversampling", settings.oversampling, 0, 3);
    inner.finish();
  }
  if (const rh::Json* json = fields.take("gpio")) {
    rh::Fields inner(*json, "/gpio");
    inner.text("chip", settings.gpio_chip);
    inner.integer("led", settings.led_line, 0, 1023);
    inner.integer("buzzer", settings.buzzer_line, 0, 1023);
    inner.finish();
  }
  readMotor(fields, "motor1", settings.motors[0]);
  readMotor(fields, "motor2", settings.motors[1]);
  if (const rh::Json* json = fields.take("pwm")) readPwm(*json, settings);
  fields.integer("dead_time_us", settings.dead_time_us, 0, 50000);
  if (const rh::Json* json = fields.take("model")) {
    rh::Fields inner(*json, "/model");
    inner.integer("fps", settings.model_fps, 1, 30);
    inner.integer("seed", settings.model_seed, 0, INT64_MAX);
    inner.text("edges", settings.model_edges);
    inner.finish();
  }
  fields.finish();
  requireOwnLines(settings);
  if (settings.accelerometer && settings.barometer && settings.accelerometer_address == settings.barometer_address)
    throw rh::invalid("/barometer/address must be another one than /accelerometer/address.");
  return settings;
}

}  // namespace motor_robot
