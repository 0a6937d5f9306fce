// The lab's camera: a pinhole on a mast before the yard, looking down into it.
#pragma once
#include "hw/lab/vec.hpp"

namespace motor_robot {

using rh::hw::lab::Vec;

constexpr int kPictureWidth = 640;
constexpr int kPictureHeight = 480;

// A point of the picture, with its depth along the optical axis in metres. Pixel column 100 covers 100..101.
struct Projected {
  float x = 0, y = 0, depth = 0;
};

class YardCamera {
 public:
  Vec position() const { return kPosition; }
  // Unit direction of the ray through a point of the picture.
  Vec ray(float x_px, float y_px) const {
    const float right = (x_px - kPictureWidth / 2.0f) / kFocal, up = (kPictureHeight / 2.0f - y_px) / kFocal;
    return rh::hw::lab::normalize({right, up * kCos - kSin, up * kSin + kCos});
  }
  // Of a point in front of the camera, as every point of the yard is.
  Projected project(Vec p) const {
    const Vec d = p - kPosition;
    const float depth = d.z * kCos - d.y * kSin;
    return {kPictureWidth / 2.0f + kFocal * d.x / depth,
            kPictureHeight / 2.0f - kFocal * (d.y * kCos + d.z * kSin) / depth, depth};
  }

 private:
  static constexpr Vec kPosition{0, 4.1f, -4.0f};
  static constexpr float kFocal = 520;                            // pixels
  static constexpr float kCos = 0.66913061f, kSin = 0.74314483f;  // 48 degrees down
};

}  // namespace motor_robot
