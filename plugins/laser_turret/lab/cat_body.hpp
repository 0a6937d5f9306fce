// The cat's body: round cones (two balls of different size and the skin stretched over both) along its skeleton.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "laser_turret/lab/cat_mind.hpp"

namespace laser_turret {

enum class Fur : std::uint8_t { torso, head, leg, sock, tail, white, ear, nose, eye, pupil };

struct Limb {
  Vec a, b;  // the centres of the two balls, in the room
  float radius_a = 0, radius_b = 0;
  Fur fur = Fur::torso;
  Vec axis_start;  // the same ends in the cat's own axes: the fur's pattern belongs to the skin
  Vec axis_way;
};

struct LimbHit {
  float distance = 0;
  Vec normal;
  float along = 0;  // 0 at ball a, 1 at ball b
};

// All limbs of the cat in this pose.
std::vector<Limb> catBody(const CatPose& pose);

// Asks one limb for many rays from one point.
// Source: the sphere sweep's quadratic, Inigo Quilez, "Intersectors", iquilezles.org (rounded cone).
class LimbSight {
 public:
  LimbSight(const Limb& limb, Vec from)
      : axis_(limb.b - limb.a),
        to_a_(from - limb.a),
        to_b_(from - limb.b),
        radius_a_(limb.radius_a),
        radius_b_(limb.radius_b),
        taper_(limb.radius_a - limb.radius_b),
        axis_from_(dot(axis_, to_a_)),
        slope_(dot(axis_, axis_) - taper_ * taper_),
        constant_(slope_ * dot(to_a_, to_a_) - axis_from_ * axis_from_ + 2 * axis_from_ * taper_ * radius_a_ -
                  dot(axis_, axis_) * radius_a_ * radius_a_) {}

  // The first point of the limb along a unit direction.
  std::optional<LimbHit> hit(Vec direction) const {
    const float axis_way = dot(axis_, direction), way_from = dot(direction, to_a_);
    const float qa = slope_ - axis_way * axis_way;
    const float qb = slope_ * way_from - axis_from_ * axis_way + axis_way * taper_ * radius_a_;
    const float root = qb * qb - qa * constant_;
    if (root < 0) return std::nullopt;
    const float t = (-std::sqrt(root) - qb) / qa;
    const float y = axis_from_ - radius_a_ * taper_ + t * axis_way;
    if (y > 0 && y < slope_) return LimbHit{t, normalize((to_a_ + direction * t) * slope_ - axis_ * y), y / slope_};
    return hitBalls(direction, way_from);
  }

 private:
  std::optional<LimbHit> hitBalls(Vec direction, float way_from) const;

  Vec axis_, to_a_, to_b_;
  float radius_a_, radius_b_, taper_, axis_from_, slope_, constant_;
};

}  // namespace laser_turret
