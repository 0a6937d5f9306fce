// What a person measured: four points of the picture and the servo positions that put the dot on them. From it follows
// where every other click goes.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "laser_turret/perspective.hpp"
#include "rh/json.hpp"

namespace laser_turret {

struct Pair {
  double x_px = 0, y_px = 0;
  double x_counts = 0, y_counts = 0;
  static Pair fromJson(const rh::Json& json);
  rh::Json toJson() const;
};

using Pairs = std::array<Pair, 4>;

// Servo counts of both axes.
struct Counts {
  int x = 0;
  int y = 0;
};

// Immutable.
class Calibration {
 public:
  // Throws rh::Fault, with a sentence that names the points, for a degenerate set (see Perspective::fit).
  explicit Calibration(const Pairs& pairs);

  // The kept form: {"pairs":[{"x_px","y_px","x_counts","y_counts"} x4]}. fromState throws rh::Fault on anything else.
  std::string toState() const;
  static Calibration fromState(std::string_view json);
  // The older program's file: {"targetCalibration":[{x,y} x4],"servoCalibration":[{x,y} x4]}, numbers also as strings.
  // Throws rh::Fault that names `file` and the JSON Pointer of what is wrong in it.
  static Calibration fromOldFile(std::string_view json, const std::string& file);
  // Reads `file` and imports it. Throws rh::Fault as fromOldFile, and when it cannot be read (limit: 64 KiB).
  static Calibration importFile(const std::string& file);

  // Rounded servo counts of a pixel; nothing beyond the mapping's horizon. Not limited to what the servos reach.
  std::optional<Counts> countsOf(Point pixel) const;
  std::optional<Point> pixelOf(Counts counts) const;

  const Pairs& pairs() const { return pairs_; }
  // The largest distance, in counts, between a measured point and where the mapping puts it.
  double residualCounts() const { return residual_counts_; }

 private:
  Pairs pairs_;
  Perspective to_counts_;
  Perspective to_pixels_;
  double residual_counts_ = 0;
};

}  // namespace laser_turret
