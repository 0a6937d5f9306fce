// The yard without the rover, painted once: everything that stands still, and how far away it is.
#pragma once
#include <memory>
#include <vector>

#include "hw/lab/image.hpp"
#include "motor_robot/lab/yard_camera.hpp"

namespace motor_robot {

using rh::hw::lab::Image;

struct YardPicture {
  Image image;
  std::vector<float> depth;  // of each pixel, along the optical axis
};

// Unit direction towards the sun.
Vec towardsSun();
// Light on a surface of this normal, in sun (1) or shade (0).
Vec lightOn(Vec normal, float sun);

// Painted at the first call, in under a second, and shared by all lab rovers of the process for as long as one of them
// uses it. [any-thread]
std::shared_ptr<const YardPicture> sharedYard();

}  // namespace motor_robot
