// Whether something moves: pictures are shrunk to a grid of brightness and compared with a slowly following background.
// A lamp that is switched changes every cell alike and is not motion; neither is noise, which a cell averages out.
// Pure. Not thread-safe.
#pragma once
#include <cstdint>
#include <vector>

#include "cloud_camera/frame.hpp"

namespace cloud_camera {

struct MotionSettings {
  double threshold = 12;    // of brightness (0..255), for a cell to count as changed
  double area_percent = 1;  // of the picture's cells, for a picture to count as moved
  int min_frames = 3;       // one after another, before there is motion
  int quiet_frames = 20;    // without, before it is over
};

class MotionDetector {
 public:
  static constexpr int kCellPixels = 16;

  explicit MotionDetector(MotionSettings settings) : settings_(settings) {}

  // Takes the next picture. Returns whether there is motion now: it begins after min_frames that moved and ends after
  // quiet_frames that did not.
  bool take(const Frame& frame);
  bool moving() const { return moving_; }
  // The share of cells that changed in the newest picture.
  double changedPercent() const { return changed_percent_; }
  // What is known of the background is void (the camera was away). Nothing moves then for the two seconds, by the
  // pictures' times, in which a camera's automatic exposure finds its way.
  void reset();

 private:
  void shrink(const Frame& frame);
  double commonShift() const;

  const MotionSettings settings_;
  int columns_ = 0, rows_ = 0;
  std::vector<float> cells_, background_;
  bool moving_ = false;
  int moved_ = 0, quiet_ = 0;
  int settling_ = 0;                    // pictures until the background counts,
  std::int64_t settling_until_ns_ = 0;  // and how long at least
  double changed_percent_ = 0;
};

}  // namespace cloud_camera
