// The lab's living room: what stands where. Pictures of it and the place where the beam ends come from the same bodies.
#pragma once
#include <optional>
#include <vector>

#include "laser_turret/lab/solid.hpp"

namespace laser_turret {

struct SurfaceHit {
  Vec position;
  Vec normal;
  Material material = Material::floor;
};

// Immutable; any thread.
class RoomScene {
 public:
  RoomScene();

  // The first surface along a ray from inside the room (the ceiling is open: nothing there).
  std::optional<SurfaceHit> trace(Vec from, Vec direction) const;
  // Is the straight way between two points free of furniture? Points on surfaces count as free of their own.
  bool sees(Vec from, Vec to) const;
  // Distance to the nearest furniture, at most `limit`; walls and floor do not count.
  float furnitureDistance(Vec p, float limit) const;
  // How much of the sky a surface point is open to, 0..1: the shade in corners and under things.
  float openness(Vec p, Vec normal) const;

  static constexpr float kHalfWidth = 2.9f;  // side walls at -+ this x
  static constexpr float kBackWall = 5.9f;   // z

 private:
  struct Group {
    std::vector<Solid> solids;
    Vec low, high;  // box around all of them
  };
  std::optional<SurfaceHit> traceGroup(const Group& group, Vec from, Vec direction, float limit) const;
  static float boxDistance(const Group& group, Vec p);

  std::vector<Group> groups_;
};

}  // namespace laser_turret
