// Bodies of the lab's furniture as signed distances: how far a point is from a surface (negative inside). Distances
// give soft edges, shadows and contact shade without a mesh.
// Source of the formulas: Inigo Quilez, "Distance functions", iquilezles.org (exact ones but for the ellipsoid's
// bound).
#pragma once
#include <cstdint>

#include "laser_turret/lab/vec.hpp"

namespace laser_turret {

enum class Material : std::uint8_t {
  floor,
  back_wall,
  left_wall,
  right_wall,
  fabric,
  pillow_cream,
  pillow_blue,
  dark_wood,
  light_wood,
  plush,
  rope,
  metal,
  shade,
  ceramic,
  pot,
  leaf,
  leather,
  book_blue,
  book_green,
  toy,
  white,
};

// A body placed in the room. Immutable.
struct Solid {
  enum class Shape : std::uint8_t { box, cylinder, ellipsoid, capsule, ring };

  Shape shape = Shape::box;
  Material material = Material::white;
  Vec centre;
  Vec size;  // box, ellipsoid: half extents; cylinder: radius, half height; capsule: other end, relative; ring: radius
  float round = 0;  // rounding of edges, or radius of a capsule and a ring's tube
  bool turned = false;
  Vec axis_x{1, 0, 0}, axis_y{0, 1, 0}, axis_z{0, 0, 1};

  static Solid box(Material material, Vec centre, Vec half, float round);
  static Solid cylinder(Material material, Vec centre, float radius, float half_height, float round);
  static Solid ellipsoid(Material material, Vec centre, Vec half);
  static Solid capsule(Material material, Vec from, Vec to, float radius);
  static Solid ring(Material material, Vec centre, float radius, float tube);
  // Turned about the vertical (yaw), then tipped towards the viewer (tilt), then to the side (roll); degrees.
  Solid turn(float yaw_deg, float tilt_deg, float roll_deg = 0) const;

  float distance(Vec p) const;
};

}  // namespace laser_turret
