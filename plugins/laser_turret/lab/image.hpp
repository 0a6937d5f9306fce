// The lab camera's picture.
#pragma once
#include "hw/lab/image.hpp"
#include "laser_turret/lab/vec.hpp"

namespace laser_turret {

using rh::hw::lab::blend;
using rh::hw::lab::decodeLight;
using rh::hw::lab::encodeLight;
using rh::hw::lab::Image;

constexpr int kPictureWidth = 640;
constexpr int kPictureHeight = 480;

}  // namespace laser_turret
