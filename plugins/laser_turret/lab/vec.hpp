// Positions in the lab's room (metres; x to the right, y up, z away from the camera) and colours.
#pragma once
#include "hw/lab/vec.hpp"

namespace laser_turret {

using rh::hw::lab::clamp01;
using rh::hw::lab::length;
using rh::hw::lab::mix;
using rh::hw::lab::normalize;
using rh::hw::lab::smoothstep;
using rh::hw::lab::Vec;

}  // namespace laser_turret
