// Where the lab's turret hangs and how its servos turn the beam. Each servo drives a rack, the rack pushes a tangent
// arm: the beam's slope, not its angle, is proportional to the counts. So beam positions are a true perspective picture
// of the floor, and four calibrated points are right everywhere between them; only the 12 bits of the pulse round.
#pragma once
#include "laser_turret/lab/vec.hpp"

namespace laser_turret {

// The turret hangs under the ceiling, to the right of the camera, looking at the middle of the floor.
class TurretGeometry {
 public:
  TurretGeometry()
      : forward_(normalize(kAim - kPosition)),
        right_(normalize(cross({0, 1, 0}, forward_))),
        up_(cross(forward_, right_)) {}

  Vec position() const { return kPosition; }
  // Unit direction of the beam at (not necessarily whole) servo positions. More x counts turn left, more y counts up.
  Vec beam(float x_counts, float y_counts) const {
    return normalize(forward_ + right_ * (kMiddleX - kSlopeX * (x_counts - kMiddleCounts)) +
                     up_ * (kSlopeY * (y_counts - kMiddleCounts)));
  }
  // The positions that point at p, which must lie before the turret.
  void aimAt(Vec p, float& x_counts, float& y_counts) const {
    const Vec d = p - kPosition;
    const float ahead = dot(d, forward_);
    x_counts = kMiddleCounts - (dot(d, right_) / ahead - kMiddleX) / kSlopeX;
    y_counts = kMiddleCounts + dot(d, up_) / ahead / kSlopeY;
  }

 private:
  static constexpr Vec kPosition{0.9f, 2.55f, -0.1f};
  static constexpr Vec kAim{0.05f, 0, 3.05f};
  static constexpr float kMiddleCounts = 375;
  static constexpr float kMiddleX = 0.029f;    // slope to the right at the middle
  static constexpr float kSlopeX = 0.0016f;    // per count
  static constexpr float kSlopeY = 0.001124f;  // per count
  Vec forward_, right_, up_;
};

}  // namespace laser_turret
