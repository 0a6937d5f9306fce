// The lab's yard: a walled piece of ground with a ramp, a mound and a stretch of washboard, and things that stand in
// the way. What the rover feels and what the camera sees come from the same shapes. Metres; x to the right of the
// picture, y up, z away from the camera; the middle of the ground is 0, 0.
#pragma once
#include <vector>

#include "hw/lab/vec.hpp"

namespace motor_robot {

using rh::hw::lab::Vec;

constexpr float kYardHalfWidth = 2.6f;  // x of the walls' inner sides
constexpr float kYardHalfDepth = 2.0f;  // z of them
constexpr float kWallHeight = 0.22f;
constexpr float kWallThickness = 0.14f;

// Height of the ground. Defined everywhere; the walls do not count.
float groundHeight(float x, float z);
Vec groundNormal(float x, float z);

enum class Material { ground, boards, washboard, grass, lawn, wall, barrel, planter, leaves, crate };

// What the ground is made of at a place.
Material groundMaterial(float x, float z);

// A thing that stands in the yard, upright. `square`: a box of side 2 * radius * 0.71 (it fits into the circle that the
// rover meets), else a cylinder.
struct Obstacle {
  float x, z, radius, height;
  bool square;
  Material material;
};
const std::vector<Obstacle>& obstacles();

}  // namespace motor_robot
