#include "laser_turret/lab/room_scene.hpp"

#include "laser_turret/lab/furniture.hpp"

namespace laser_turret {
namespace {

constexpr float kNear = 1e-4f;

// Where a ray is inside a box: enters before it leaves.
bool clip(Vec low, Vec high, Vec from, Vec direction, float& enter, float& leave) {
  const float lows[3] = {low.x, low.y, low.z}, highs[3] = {high.x, high.y, high.z};
  const float starts[3] = {from.x, from.y, from.z}, ways[3] = {direction.x, direction.y, direction.z};
  for (int axis = 0; axis < 3; ++axis) {
    const float inverse = 1.0f / (std::fabs(ways[axis]) < 1e-9f ? 1e-9f : ways[axis]);
    float a = (lows[axis] - starts[axis]) * inverse, b = (highs[axis] - starts[axis]) * inverse;
    if (a > b) std::swap(a, b);
    enter = std::max(enter, a);
    leave = std::min(leave, b);
  }
  return enter < leave;
}

}  // namespace

RoomScene::RoomScene() {
  for (Furniture& piece : livingRoom()) groups_.push_back({std::move(piece.solids), piece.low, piece.high});
}

std::optional<SurfaceHit> RoomScene::trace(Vec from, Vec direction) const {
  float nearest = 1e9f;
  SurfaceHit hit;
  const auto plane = [&](float distance, Vec normal, Material material) {
    if (distance > kNear && distance < nearest) {
      nearest = distance;
      hit = {from + direction * distance, normal, material};
    }
  };
  if (direction.y < 0) plane(-from.y / direction.y, {0, 1, 0}, Material::floor);
  if (direction.z > 0) plane((kBackWall - from.z) / direction.z, {0, 0, -1}, Material::back_wall);
  if (direction.x < 0) plane((-kHalfWidth - from.x) / direction.x, {1, 0, 0}, Material::left_wall);
  if (direction.x > 0) plane((kHalfWidth - from.x) / direction.x, {-1, 0, 0}, Material::right_wall);
  for (const Group& group : groups_) {
    const auto found = traceGroup(group, from, direction, nearest);
    if (!found) continue;
    hit = *found;
    nearest = length(found->position - from);
  }
  if (nearest > 1e8f) return std::nullopt;
  return hit;
}

std::optional<SurfaceHit> RoomScene::traceGroup(const Group& group, Vec from, Vec direction, float limit) const {
  float t = 0, end = limit;
  if (!clip(group.low, group.high, from, direction, t, end)) return std::nullopt;
  for (int step = 0; step < 96 && t < end; ++step) {
    const Vec p = from + direction * t;
    float nearest = 1e9f;
    const Solid* body = nullptr;
    for (const Solid& solid : group.solids) {
      const float distance = solid.distance(p);
      if (distance < nearest) {
        nearest = distance;
        body = &solid;
      }
    }
    if (nearest < 4e-4f * std::max(t, 1.0f)) {
      constexpr float e = 1e-3f;  // tetrahedron differences: four evaluations for a normal
      const Vec a{1, -1, -1}, b{-1, -1, 1}, c{-1, 1, -1}, d{1, 1, 1};
      const Vec normal = a * body->distance(p + a * e) + b * body->distance(p + b * e) + c * body->distance(p + c * e) +
                         d * body->distance(p + d * e);
      return SurfaceHit{p, normalize(normal), body->material};
    }
    t += nearest * 0.9f;
  }
  return std::nullopt;
}

bool RoomScene::sees(Vec from, Vec to) const {
  const Vec way = to - from;
  const float distance = length(way);
  const Vec direction = way * (1 / distance);
  for (const Group& group : groups_) {
    if (traceGroup(group, from + direction * 0.01f, direction, distance - 0.03f)) return false;
  }
  return true;
}

float RoomScene::boxDistance(const Group& group, Vec p) {
  return length({std::max({group.low.x - p.x, 0.0f, p.x - group.high.x}),
                 std::max({group.low.y - p.y, 0.0f, p.y - group.high.y}),
                 std::max({group.low.z - p.z, 0.0f, p.z - group.high.z})});
}

float RoomScene::furnitureDistance(Vec p, float limit) const {
  float nearest = limit;
  for (const Group& group : groups_) {
    if (boxDistance(group, p) >= nearest) continue;
    for (const Solid& solid : group.solids) nearest = std::min(nearest, solid.distance(p));
  }
  return nearest;
}

float RoomScene::openness(Vec p, Vec normal) const {
  float closed = 0, weight = 1;
  for (const float reach : {0.03f, 0.09f, 0.2f, 0.38f}) {
    const Vec q = p + normal * reach;
    float free = furnitureDistance(q, reach);
    free = std::min({free, q.y, kBackWall - q.z, kHalfWidth - std::fabs(q.x)});
    closed += weight * (1 - std::max(free, 0.0f) / reach);
    weight *= 0.72f;
  }
  return clamp01(1 - closed * 0.34f);
}

}  // namespace laser_turret
