// What the operator says about one robot (the `driver` part of agent.yaml): where it is wired.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "rh/json.hpp"

namespace motor_robot {

// One motor's lines of the GPIO chip.
struct MotorLines {
  std::uint32_t in1, in2, enable;
};

// Plain values with the defaults of the older program's robot (numbers of lines as on a Raspberry Pi).
struct Settings {
  bool model = false;  // "hardware": "linux" or "model"
  std::string i2c = "/dev/i2c-1";
  bool accelerometer = true;  // fitted
  std::uint16_t accelerometer_address = 0x53;
  bool barometer = true;  // fitted
  std::uint16_t barometer_address = 0x77;
  unsigned oversampling = 3;
  std::string gpio_chip = "/dev/gpiochip0";
  std::uint32_t led_line = 7;
  std::uint32_t buzzer_line = 8;
  std::array<MotorLines, 2> motors{{{9, 10, 12}, {5, 6, 13}}};
  int pwm_hz = 1000;
  std::string pwm_chip;  // folder of a sysfs PWM chip; empty: pulses by software on the enable lines
  std::array<unsigned, 2> pwm_channels{0, 1};
  int dead_time_us = 2000;
  int model_fps = 15;
  std::uint64_t model_seed = 1;
  std::string model_edges;  // empty: not recorded

  // Throws rh::Fault with the JSON Pointer of an unknown key, a wrong type, a value out of range or a line used twice.
  static Settings fromJson(const rh::Json& config);
};

}  // namespace motor_robot
