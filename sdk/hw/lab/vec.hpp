// Three numbers: positions in a simulated place (metres; x to the right, y up, z away) and colours (linear
// light, red, green, blue).
#pragma once
#include <algorithm>
#include <cmath>

namespace rh::hw::lab {

struct Vec {
  float x = 0, y = 0, z = 0;
};

constexpr Vec operator+(Vec a, Vec b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
constexpr Vec operator-(Vec a, Vec b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
constexpr Vec operator*(Vec a, Vec b) {
  return {a.x * b.x, a.y * b.y, a.z * b.z};
}
constexpr Vec operator*(Vec a, float k) {
  return {a.x * k, a.y * k, a.z * k};
}
constexpr Vec operator-(Vec a) {
  return {-a.x, -a.y, -a.z};
}
constexpr float dot(Vec a, Vec b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
constexpr Vec cross(Vec a, Vec b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline float length(Vec a) {
  return std::sqrt(dot(a, a));
}
inline Vec normalize(Vec a) {
  return a * (1.0f / std::max(length(a), 1e-12f));
}
constexpr Vec mix(Vec a, Vec b, float t) {
  return a + (b - a) * t;
}
constexpr float mix(float a, float b, float t) {
  return a + (b - a) * t;
}
constexpr float clamp01(float v) {
  return v < 0 ? 0 : v > 1 ? 1 : v;
}
// 0 up to `from`, 1 from `to` on, smooth between.
constexpr float smoothstep(float from, float to, float v) {
  const float t = clamp01((v - from) / (to - from));
  return t * t * (3 - 2 * t);
}

}  // namespace rh::hw::lab
