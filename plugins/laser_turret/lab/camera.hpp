// The lab's camera: a pinhole at 2.1 m, looking down into the room, so that the floor is seen in perspective.
#pragma once
#include <optional>

#include "laser_turret/lab/vec.hpp"
#include "laser_turret/perspective.hpp"

namespace laser_turret {

// A pixel's coordinate is continuous: pixel column 100 covers 100..101, its middle is 100.5.
class Camera {
 public:
  Vec position() const { return kPosition; }
  // Unit direction of the ray through a point of the picture.
  Vec ray(float x_px, float y_px) const {
    const float right = (x_px - kCentreX) / kFocal, up = (kCentreY - y_px) / kFocal;
    return normalize({right, up * kCos - kSin, up * kSin + kCos});
  }
  // Where a point of the room is seen; nothing behind the camera.
  std::optional<Point> project(Vec p) const {
    const Vec d = p - kPosition;
    const float depth = depthOf(p);
    if (depth < 0.01f) return std::nullopt;
    return Point{static_cast<double>(kCentreX + kFocal * d.x / depth),
                 static_cast<double>(kCentreY - kFocal * (d.y * kCos + d.z * kSin) / depth)};
  }
  // Distance along the optical axis, in metres.
  float depthOf(Vec p) const { return (p.z - kPosition.z) * kCos - (p.y - kPosition.y) * kSin; }
  // Pixels that one metre covers at this depth.
  float scaleAt(float depth) const { return kFocal / depth; }

 private:
  static constexpr Vec kPosition{0, 2.1f, 0};
  static constexpr float kFocal = 560;  // pixels
  static constexpr float kCentreX = 320, kCentreY = 240;
  static constexpr float kCos = 0.89100652f, kSin = 0.45399050f;  // 27 degrees down
};

}  // namespace laser_turret
