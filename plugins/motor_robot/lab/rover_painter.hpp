// The rover in the yard's picture: a body of a few boxes and wheels, its shadow, its light.
#pragma once
#include "motor_robot/lab/rover.hpp"
#include "motor_robot/lab/yard_painter.hpp"

namespace motor_robot {

// What of the rover can be seen beside its place.
struct RoverLook {
  bool led = false;
  bool buzzer = false;
  float turned = 0;  // metres that its wheels have rolled
};

// Pixels left <= x < right, top <= y < bottom.
struct PixelBox {
  int left = 0, top = 0, right = 0, bottom = 0;
};

// Paints on a copy of the yard's picture; gives what it touched.
PixelBox paintRover(Image& picture, const YardPicture& yard, const YardCamera& camera, const RoverPose& pose,
                    const RoverLook& look);

}  // namespace motor_robot
