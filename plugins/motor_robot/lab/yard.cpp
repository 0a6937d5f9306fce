#include "motor_robot/lab/yard.hpp"

namespace motor_robot {

using rh::hw::lab::normalize;
using rh::hw::lab::smoothstep;

namespace {

constexpr float kPi = 3.14159265f;

// 1 inside of low..high, 0 from `soft` outside of it.
float window(float v, float low, float high, float soft) {
  return smoothstep(low - soft, low, v) * (1 - smoothstep(high, high + soft, v));
}

float ramp(float x, float z) {
  if (x < 0.75f || z < -0.55f) return 0;
  return 0.28f * smoothstep(0.75f, 1.75f, x) * smoothstep(-0.55f, 0.25f, z);
}

float mound(float x, float z) {
  const float dx = (x + 1.45f) / 0.44f, dz = (z - 0.75f) / 0.44f;
  if (dx * dx + dz * dz > 16) return 0;
  return 0.22f * std::exp(-0.5f * (dx * dx + dz * dz));
}

float washboard(float x, float z) {
  if (x > 0 || z > -0.8f) return 0;
  return 0.034f * (0.5f - 0.5f * std::cos(2 * kPi * x / 0.4f)) * window(x, -1.8f, -0.2f, 0.05f) *
         window(z, -1.6f, -0.95f, 0.08f);
}

}  // namespace

float groundHeight(float x, float z) {
  return ramp(x, z) + mound(x, z) + washboard(x, z);
}

Vec groundNormal(float x, float z) {
  constexpr float e = 0.01f;
  return normalize(
      {groundHeight(x - e, z) - groundHeight(x + e, z), 2 * e, groundHeight(x, z - e) - groundHeight(x, z + e)});
}

Material groundMaterial(float x, float z) {
  if (std::fabs(x) > kYardHalfWidth || std::fabs(z) > kYardHalfDepth) return Material::lawn;
  if (mound(x, z) > 0.02f) return Material::grass;
  if (x > 0.75f && z > -0.55f) return Material::boards;
  if (window(x, -1.85f, -0.15f, 0.01f) * window(z, -1.65f, -0.9f, 0.01f) > 0.5f) return Material::washboard;
  return Material::ground;
}

const std::vector<Obstacle>& obstacles() {
  static const std::vector<Obstacle> all{
      {0.25f, 1.45f, 0.20f, 0.46f, false, Material::barrel},
      {1.75f, -1.25f, 0.27f, 0.24f, false, Material::planter},
      {1.75f, -1.25f, 0.20f, 0.38f, false, Material::leaves},
      {-2.2f, -0.35f, 0.26f, 0.34f, true, Material::crate},
  };
  return all;
}

}  // namespace motor_robot
