#include "laser_turret/lab/light.hpp"

namespace laser_turret {
namespace {

constexpr Vec kSunColour{2.75f, 2.42f, 1.86f};
constexpr Vec kSkyColour{0.74f, 0.79f, 0.86f};
constexpr Vec kRoomColour{0.58f, 0.55f, 0.50f};
constexpr Vec kBounceColour{0.15f, 0.125f, 0.095f};

// The window in the left wall: z and y of its panes.
constexpr float kWindowLowZ = 2.75f, kWindowHighZ = 4.45f, kWindowLowY = 0.72f, kWindowHighY = 1.98f;

float furnitureShadow(const RoomScene& scene, Vec from) {
  const Vec sun = towardsSun();
  float light = 1, t = 0.03f;
  for (int step = 0; step < 40 && t < 2.5f; ++step) {
    const float free = scene.furnitureDistance(from + sun * t, 0.4f);
    light = std::min(light, 0.5f + 14 * free / t);  // the sun is no point: half shadow at the edge
    if (light < 0.02f) return 0;
    t += std::max(free * 0.8f, 0.02f);
  }
  return smoothstep(0, 1, light);
}

}  // namespace

Vec towardsSun() {
  static const Vec direction = normalize({-0.85f, 0.47f, 0.16f});
  return direction;
}

float sunThroughWindow(Vec p) {
  const Vec sun = towardsSun();
  const float t = (-RoomScene::kHalfWidth - p.x) / sun.x;
  if (t < 0) return 0;
  const float y = p.y + sun.y * t, z = p.z + sun.z * t;
  const float soft = 0.004f + 0.008f * t;
  const auto between = [soft](float v, float low, float high) {
    return smoothstep(low - soft, low + soft, v) * (1 - smoothstep(high - soft, high + soft, v));
  };
  const float bars = (1 - between(y, 1.31f, 1.39f)) * (1 - between(z, 3.28f, 3.35f)) * (1 - between(z, 3.85f, 3.92f));
  return between(y, kWindowLowY, kWindowHighY) * between(z, kWindowLowZ, kWindowHighZ) * bars;
}

Vec lightFrom(Vec normal, Vec albedo, Exposure exposure) {
  const auto [openness, sun] = exposure;
  // The sky comes from the left window and the back one; the room gives the rest back.
  const float left = std::max(0.0f, 0.35f + 0.65f * dot(normal, Vec{-0.80f, 0.45f, -0.39f}));
  const float back = std::max(0.0f, 0.25f + 0.75f * dot(normal, Vec{-0.45f, 0.55f, 0.70f}));
  const float up = 0.6f + 0.4f * normal.y;
  Vec light = kSkyColour * (0.62f * left + 0.30f * back) + kRoomColour * up;
  light = light * openness;
  light = light + kBounceColour * (openness * (0.6f - 0.4f * normal.y));
  light = light + kSunColour * (sun * std::max(0.0f, dot(normal, towardsSun())));
  return light * albedo;
}

Exposure exposureOf(const RoomScene& scene, const SurfaceHit& hit) {
  Exposure exposure{scene.openness(hit.position, hit.normal), 0};
  if (dot(hit.normal, towardsSun()) > 0) {
    exposure.sun = sunThroughWindow(hit.position);
    if (exposure.sun > 0.01f) exposure.sun *= furnitureShadow(scene, hit.position + hit.normal * 0.004f);
  }
  return exposure;
}

Vec lightFrom(const SurfaceHit& hit, const Appearance& look, Exposure exposure, Vec eye) {
  Vec light = lightFrom(hit.normal, look.albedo, exposure);
  // Daylight falls off into the room, away from the left window.
  const float near = clamp01((RoomScene::kHalfWidth - hit.position.x) / (2 * RoomScene::kHalfWidth));
  light = light * mix(0.80f, 1.10f, near);
  if (look.gloss > 0) {
    const Vec view = normalize(eye - hit.position);
    const float grazing = std::pow(1 - clamp01(dot(view, hit.normal)), 3.0f);
    const Vec mirrored = hit.normal * (2 * dot(view, hit.normal)) - view;
    // What is mirrored is mostly the bright back window, drawn out by the wood's roughness.
    const float window =
        smoothstep(
            0.75f, 0.0f,
            std::fabs(hit.position.x +
                      mirrored.x / std::max(mirrored.z, 0.05f) * (RoomScene::kBackWall - hit.position.z) + 1.95f)) *
        (mirrored.z > 0 ? 1.0f : 0.0f);
    light = light + Vec{0.80f, 0.88f, 0.95f} * (look.gloss * (0.10f + 1.3f * grazing) * (0.35f + 1.2f * window));
  }
  return light + look.glow;
}

Vec expose(Vec light) {
  const auto curve = [](float v) { return v * (1 + v * 0.12f) / (1 + v * 0.42f); };
  return {curve(light.x), curve(light.y), curve(light.z)};
}

}  // namespace laser_turret
