#include "motor_robot/settings.hpp"

#include <catch2/catch.hpp>

#include "rh/fault.hpp"

using namespace motor_robot;

namespace {

std::string refusal(const std::string& config) {
  try {
    (void)Settings::fromJson(rh::Json::parse(config));
  } catch (const rh::Fault& fault) {
    CHECK(fault.status() == RH_INVALID_ARGUMENT);
    return fault.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a robot without settings is wired as the older program's") {
  const Settings settings = Settings::fromJson(rh::Json::object());
  CHECK_FALSE(settings.model);
  CHECK(settings.accelerometer_address == 0x53);
  CHECK(settings.barometer_address == 0x77);
  CHECK(settings.led_line == 7);
  CHECK(settings.buzzer_line == 8);
  CHECK(settings.motors[0].in1 == 9);
  CHECK(settings.motors[0].in2 == 10);
  CHECK(settings.motors[0].enable == 12);
  CHECK(settings.motors[1].in1 == 5);
  CHECK(settings.motors[1].in2 == 6);
  CHECK(settings.motors[1].enable == 13);
  CHECK(settings.pwm_hz == 1000);
  CHECK(settings.pwm_chip.empty());
}

TEST_CASE("every setting is taken") {
  const Settings settings = Settings::fromJson(rh::Json::parse(R"({
    "hardware": "linux", "i2c": "/dev/i2c-3",
    "accelerometer": {"fitted": false, "address": 29}, "barometer": {"fitted": true, "address": 118, "oversampling": 0},
    "gpio": {"chip": "/dev/gpiochip4", "led": 20, "buzzer": 21},
    "motor1": {"in1": 1, "in2": 2, "enable": 3}, "motor2": {"in1": 22, "in2": 23, "enable": 24},
    "pwm": {"frequency_hz": 18000, "chip": "/sys/class/pwm/pwmchip0", "motor1_channel": 1, "motor2_channel": 0},
    "dead_time_us": 500, "model": {"fps": 5, "seed": 9, "edges": "/tmp/e"}})"));
  CHECK(settings.i2c == "/dev/i2c-3");
  CHECK_FALSE(settings.accelerometer);
  CHECK(settings.oversampling == 0);
  CHECK(settings.gpio_chip == "/dev/gpiochip4");
  CHECK(settings.motors[1].enable == 24);
  CHECK(settings.pwm_hz == 18000);
  CHECK(settings.pwm_channels[0] == 1);
  CHECK(settings.dead_time_us == 500);
  CHECK(settings.model_seed == 9);
}

TEST_CASE("wrong settings are refused with their place and a sentence") {
  CHECK(refusal(R"({"hardware":"arduino"})") == "/hardware must be linux or model.");
  CHECK(refusal(R"({"motor1":{"in1":-1}})") == "/motor1/in1 must be an integer of 0..1023.");
  CHECK(refusal(R"({"motor1":{"in3":1}})") == "/motor1/in3 is not known; known here are: in1, in2, enable.");
  CHECK(refusal(R"({"barometer":{"oversampling":4}})") == "/barometer/oversampling must be an integer of 0..3.");
  CHECK(refusal(R"({"accelerometer":{"fitted":"yes"}})") == "/accelerometer/fitted must be true or false.");
  CHECK(refusal(R"({"gpio":7})") == "/gpio must be a mapping.");
  CHECK(refusal(R"({"dead_time_us":60000})") == "/dead_time_us must be an integer of 0..50000.");
  CHECK_THAT(refusal(R"({"moter1":{}})"), Catch::StartsWith("/moter1 is not known; known here are: hardware, i2c"));
}

TEST_CASE("a line that two parts would share is refused with both") {
  CHECK(refusal(R"({"gpio":{"led":9}})") == "/motor1/in1 must be another line than /gpio/led, which is 9 too.");
  CHECK(refusal(R"({"motor2":{"enable":12}})") ==
        "/motor2/enable must be another line than /motor1/enable, which is 12 too.");
  // With PWM hardware the enable lines are not used.
  CHECK(refusal(R"({"motor2":{"enable":12},"pwm":{"chip":"/sys/class/pwm/pwmchip0"}})").empty());
}

TEST_CASE("pulses that software cannot make, or channels that motors would share, are refused") {
  CHECK(refusal(R"({"pwm":{"frequency_hz":5000}})") ==
        "/pwm/frequency_hz must be at most 2000 where pulses are made by software (chip is not set).");
  CHECK(refusal(R"({"pwm":{"chip":"/sys/class/pwm/pwmchip0","motor2_channel":0}})") ==
        "/pwm/motor2_channel must be another one than motor1_channel.");
  CHECK(refusal(R"({"barometer":{"address":83}})") ==
        "/barometer/address must be another one than /accelerometer/address.");
}
