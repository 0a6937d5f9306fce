#include "laser_turret/lab/solid.hpp"

namespace laser_turret {

Solid Solid::box(Material material, Vec centre, Vec half, float round) {
  Solid solid;
  solid.material = material;
  solid.centre = centre;
  solid.size = half - Vec{round, round, round};
  solid.round = round;
  return solid;
}

Solid Solid::cylinder(Material material, Vec centre, float radius, float half_height, float round) {
  Solid solid;
  solid.shape = Shape::cylinder;
  solid.material = material;
  solid.centre = centre;
  solid.size = {radius - round, half_height - round, 0};
  solid.round = round;
  return solid;
}

Solid Solid::ellipsoid(Material material, Vec centre, Vec half) {
  Solid solid;
  solid.shape = Shape::ellipsoid;
  solid.material = material;
  solid.centre = centre;
  solid.size = half;
  return solid;
}

Solid Solid::capsule(Material material, Vec from, Vec to, float radius) {
  Solid solid;
  solid.shape = Shape::capsule;
  solid.material = material;
  solid.centre = from;
  solid.size = to - from;
  solid.round = radius;
  return solid;
}

Solid Solid::ring(Material material, Vec centre, float radius, float tube) {
  Solid solid;
  solid.shape = Shape::ring;
  solid.material = material;
  solid.centre = centre;
  solid.size = {radius, 0, 0};
  solid.round = tube;
  return solid;
}

Solid Solid::turn(float yaw_deg, float tilt_deg, float roll_deg) const {
  constexpr float kRadians = 0.01745329f;
  const float cy = std::cos(yaw_deg * kRadians), sy = std::sin(yaw_deg * kRadians);
  const float ct = std::cos(tilt_deg * kRadians), st = std::sin(tilt_deg * kRadians);
  const float cr = std::cos(roll_deg * kRadians), sr = std::sin(roll_deg * kRadians);
  const auto place = [&](Vec v) {
    v = {v.x * cr - v.y * sr, v.x * sr + v.y * cr, v.z};
    v = {v.x, v.y * ct + v.z * st, v.z * ct - v.y * st};
    return Vec{v.x * cy + v.z * sy, v.y, v.z * cy - v.x * sy};
  };
  Solid solid = *this;
  solid.turned = true;
  solid.axis_x = place({1, 0, 0});
  solid.axis_y = place({0, 1, 0});
  solid.axis_z = place({0, 0, 1});
  return solid;
}

float Solid::distance(Vec p) const {
  p = p - centre;
  if (turned) p = {dot(p, axis_x), dot(p, axis_y), dot(p, axis_z)};
  switch (shape) {
    case Shape::box: {
      const Vec q{std::fabs(p.x) - size.x, std::fabs(p.y) - size.y, std::fabs(p.z) - size.z};
      const Vec outside{std::max(q.x, 0.0f), std::max(q.y, 0.0f), std::max(q.z, 0.0f)};
      return length(outside) + std::min(std::max({q.x, q.y, q.z}), 0.0f) - round;
    }
    case Shape::cylinder: {
      const float side = std::sqrt(p.x * p.x + p.z * p.z) - size.x, end = std::fabs(p.y) - size.y;
      const float out_side = std::max(side, 0.0f), out_end = std::max(end, 0.0f);
      return std::sqrt(out_side * out_side + out_end * out_end) + std::min(std::max(side, end), 0.0f) - round;
    }
    case Shape::ellipsoid: {
      const Vec a{p.x / size.x, p.y / size.y, p.z / size.z};
      const Vec b{a.x / size.x, a.y / size.y, a.z / size.z};
      const float k = length(a);
      return k * (k - 1) / std::max(length(b), 1e-6f);
    }
    case Shape::capsule: return length(p - size * clamp01(dot(p, size) / dot(size, size))) - round;
    case Shape::ring: {
      const float side = std::sqrt(p.x * p.x + p.z * p.z) - size.x;
      return std::sqrt(side * side + p.y * p.y) - round;
    }
  }
  return 1e9f;
}

}  // namespace laser_turret
