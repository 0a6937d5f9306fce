// The pieces that stand in the lab's room. None of them covers the part of the floor that is seen at pixels
// 160..480 x 200..440: a click there must find the floor.
#pragma once
#include <vector>

#include "laser_turret/lab/solid.hpp"

namespace laser_turret {

struct Furniture {
  std::vector<Solid> solids;
  Vec low, high;  // a box around all of them
};

std::vector<Furniture> livingRoom();

}  // namespace laser_turret
