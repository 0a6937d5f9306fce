// What the operator says about one turret (the `driver` part of agent.yaml): where it is wired, how far it may turn,
// where it may not point.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "laser_turret/calibration.hpp"
#include "rh/json.hpp"

namespace laser_turret {

// A rectangle of the picture, in pixels, into which the dot may not be put. Its border belongs to it.
struct KeepOut {
  double x_px = 0, y_px = 0;
  double width_px = 0, height_px = 0;
  bool contains(Point pixel) const;
};

struct ServoLimits {
  int min_counts = 150;
  int max_counts = 600;
  int centre_counts = 200;
  bool allows(int counts) const { return counts >= min_counts && counts <= max_counts; }
};

// Plain values with the defaults of the older program's turret.
struct Settings {
  bool model = false;  // "hardware": "linux" or "model"
  std::string i2c = "/dev/i2c-1";
  std::uint16_t address = 0x40;
  double frequency_hz = 50;
  unsigned x_channel = 0;
  unsigned y_channel = 1;
  std::string laser_chip = "/dev/gpiochip0";
  std::uint32_t laser_line = 23;
  ServoLimits servo;
  std::vector<KeepOut> keep_out;
  // Whether the page may replace the calibration. Areas count in pixels, so who calibrates decides where they lie;
  // fromJson therefore makes this false where there are areas and nothing is said.
  bool allow_calibration = true;
  std::string calibration_file;     // of the older program; empty: none
  bool laser_follows_turn = false;  // the laser is lit when a turn begins
  int model_fps = 20;
  std::uint64_t model_seed = 1;
  std::string model_edges;  // empty: not recorded

  // Throws rh::Fault with the JSON Pointer of an unknown key, a wrong type or a value out of range.
  static Settings fromJson(const rh::Json& config);
};

}  // namespace laser_turret
