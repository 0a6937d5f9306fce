#include "laser_turret/lab/furniture.hpp"

namespace laser_turret {
namespace {

using M = Material;

Furniture sofa() {
  constexpr float x = 0.35f, z = 5.47f;
  std::vector<Solid> s;
  s.push_back(Solid::box(M::fabric, {x, 0.25f, z}, {1.02f, 0.14f, 0.40f}, 0.04f));
  s.push_back(Solid::box(M::fabric, {x, 0.56f, z + 0.31f}, {1.0f, 0.31f, 0.11f}, 0.08f));
  for (const float side : {-1.0f, 1.0f}) {
    s.push_back(Solid::box(M::fabric, {x + side * 1.0f, 0.38f, z - 0.01f}, {0.13f, 0.23f, 0.41f}, 0.09f));
    s.push_back(Solid::box(M::fabric, {x + side * 0.435f, 0.44f, z - 0.06f}, {0.425f, 0.085f, 0.35f}, 0.06f));
    s.push_back(
        Solid::box(M::fabric, {x + side * 0.435f, 0.68f, z + 0.16f}, {0.41f, 0.22f, 0.10f}, 0.09f).turn(0, -12));
    s.push_back(
        Solid::capsule(M::dark_wood, {x + side * 0.93f, 0.0f, z - 0.33f}, {x + side * 0.93f, 0.15f, z - 0.33f}, 0.03f));
  }
  s.push_back(
      Solid::box(M::pillow_cream, {x - 0.68f, 0.66f, z - 0.02f}, {0.20f, 0.19f, 0.07f}, 0.065f).turn(14, -24, 10));
  s.push_back(
      Solid::box(M::pillow_blue, {x + 0.62f, 0.65f, z - 0.02f}, {0.19f, 0.18f, 0.07f}, 0.065f).turn(-18, -24, -8));
  return {std::move(s), {x - 1.2f, 0, 5.0f}, {x + 1.2f, 1.0f, 5.9f}};
}

Furniture sideTable() {
  constexpr float x = 1.58f, z = 3.0f;
  std::vector<Solid> s;
  s.push_back(Solid::cylinder(M::light_wood, {x, 0.50f, z}, 0.34f, 0.022f, 0.015f));
  for (const Vec foot : {Vec{-0.20f, 0, -0.16f}, Vec{0.22f, 0, -0.12f}, Vec{0.0f, 0, 0.24f}}) {
    s.push_back(Solid::capsule(M::dark_wood, {x + foot.x * 0.55f, 0.48f, z + foot.z * 0.55f},
                               {x + foot.x, 0.02f, z + foot.z}, 0.02f));
  }
  s.push_back(Solid::cylinder(M::ceramic, {x - 0.14f, 0.575f, z - 0.10f}, 0.045f, 0.055f, 0.012f));
  s.push_back(Solid::ring(M::ceramic, {x - 0.195f, 0.575f, z - 0.10f}, 0.03f, 0.009f).turn(0, 90));
  s.push_back(Solid::box(M::book_blue, {x + 0.09f, 0.540f, z + 0.02f}, {0.13f, 0.018f, 0.095f}, 0.004f).turn(18, 0));
  s.push_back(Solid::box(M::book_green, {x + 0.085f, 0.572f, z + 0.025f}, {0.105f, 0.014f, 0.08f}, 0.004f).turn(-8, 0));
  return {std::move(s), {x - 0.37f, 0, z - 0.37f}, {x + 0.37f, 0.66f, z + 0.37f}};
}

Furniture catTree() {
  constexpr float x = -1.82f, z = 4.62f;
  std::vector<Solid> s;
  s.push_back(Solid::box(M::plush, {x, 0.035f, z}, {0.27f, 0.035f, 0.25f}, 0.025f));
  s.push_back(Solid::cylinder(M::rope, {x - 0.12f, 0.60f, z + 0.10f}, 0.052f, 0.56f, 0.005f));
  s.push_back(Solid::cylinder(M::rope, {x + 0.14f, 0.32f, z - 0.10f}, 0.052f, 0.29f, 0.005f));
  s.push_back(Solid::box(M::plush, {x + 0.08f, 0.63f, z - 0.06f}, {0.22f, 0.028f, 0.19f}, 0.025f));
  s.push_back(Solid::cylinder(M::plush, {x - 0.10f, 1.18f, z + 0.08f}, 0.21f, 0.05f, 0.035f));
  s.push_back(Solid::ring(M::plush, {x - 0.10f, 1.24f, z + 0.08f}, 0.18f, 0.045f));
  s.push_back(Solid::capsule(M::rope, {x + 0.22f, 0.60f, z - 0.20f}, {x + 0.22f, 0.40f, z - 0.20f}, 0.004f));
  s.push_back(Solid::ellipsoid(M::toy, {x + 0.22f, 0.36f, z - 0.20f}, {0.04f, 0.04f, 0.04f}));
  return {std::move(s), {x - 0.36f, 0, z - 0.30f}, {x + 0.33f, 1.3f, z + 0.33f}};
}

Furniture plant() {
  constexpr float x = 2.28f, z = 5.2f;
  std::vector<Solid> s;
  s.push_back(Solid::cylinder(M::pot, {x, 0.18f, z}, 0.19f, 0.18f, 0.03f));
  s.push_back(Solid::capsule(M::leaf, {x, 0.3f, z}, {x + 0.02f, 0.8f, z}, 0.018f));
  for (int i = 0; i < 15; ++i) {
    const float angle = 2.39996f * static_cast<float>(i);  // the golden angle, as plants do it
    const float height = 0.50f + 0.052f * static_cast<float>(i);
    const float reach = 0.27f - 0.008f * static_cast<float>(i);
    const Vec at{x + std::cos(angle) * reach * 0.8f, height, z + std::sin(angle) * reach * 0.8f};
    s.push_back(Solid::ellipsoid(M::leaf, at, {reach * 0.72f, 0.012f, 0.085f})
                    .turn(-angle * 57.29578f, 0, i % 3 == 0 ? -8.0f : 22.0f));
  }
  return {std::move(s), {x - 0.55f, 0, z - 0.55f}, {x + 0.55f, 1.5f, z + 0.55f}};
}

Furniture floorLamp() {
  constexpr float x = -1.0f, z = 5.55f;
  std::vector<Solid> s;
  s.push_back(Solid::cylinder(M::metal, {x, 0.015f, z}, 0.14f, 0.015f, 0.008f));
  s.push_back(Solid::capsule(M::metal, {x, 0.02f, z}, {x, 1.2f, z}, 0.013f));
  s.push_back(Solid::cylinder(M::shade, {x, 1.34f, z}, 0.17f, 0.15f, 0.01f));
  return {std::move(s), {x - 0.19f, 0, z - 0.19f}, {x + 0.19f, 1.5f, z + 0.19f}};
}

Furniture ottoman() {
  constexpr float x = -1.52f, z = 2.75f;
  std::vector<Solid> s;
  s.push_back(Solid::cylinder(M::leather, {x, 0.17f, z}, 0.30f, 0.16f, 0.09f));
  s.push_back(Solid::ring(M::leather, {x, 0.19f, z}, 0.295f, 0.016f));
  return {std::move(s), {x - 0.33f, 0, z - 0.33f}, {x + 0.33f, 0.36f, z + 0.33f}};
}

Furniture smallThings() {
  std::vector<Solid> s;
  s.push_back(Solid::ring(M::ceramic, {1.16f, 0.035f, 2.12f}, 0.085f, 0.03f));  // a bowl
  s.push_back(Solid::cylinder(M::dark_wood, {1.16f, 0.022f, 2.12f}, 0.085f, 0.02f, 0.005f));
  s.push_back(Solid::ellipsoid(M::toy, {1.52f, 0.05f, 2.42f}, {0.05f, 0.05f, 0.05f}));
  return {std::move(s), {1.0f, 0, 2.0f}, {1.6f, 0.12f, 2.5f}};
}

Furniture windowSill() {
  std::vector<Solid> s;
  s.push_back(Solid::box(M::white, {-1.95f, 0.99f, 5.84f}, {0.72f, 0.02f, 0.09f}, 0.008f));
  s.push_back(Solid::cylinder(M::pot, {-1.60f, 1.07f, 5.82f}, 0.055f, 0.06f, 0.01f));
  s.push_back(Solid::ellipsoid(M::leaf, {-1.60f, 1.19f, 5.82f}, {0.075f, 0.085f, 0.06f}));
  return {std::move(s), {-2.7f, 0.95f, 5.72f}, {-1.2f, 1.3f, 5.9f}};
}

}  // namespace

std::vector<Furniture> livingRoom() {
  return {sofa(), sideTable(), catTree(), plant(), floorLamp(), ottoman(), smallThings(), windowSill()};
}

}  // namespace laser_turret
