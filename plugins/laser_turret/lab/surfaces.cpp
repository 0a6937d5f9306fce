#include "laser_turret/lab/surfaces.hpp"

#include <cstdint>

namespace laser_turret {
namespace {

float hash(int x, int y) {
  auto h = static_cast<std::uint32_t>(x) * 0x9E3779B1u ^ static_cast<std::uint32_t>(y) * 0x85EBCA77u;
  h = (h ^ h >> 15) * 0x2C1B3C6Du;
  h = (h ^ h >> 12) * 0x297A2D39u;
  return static_cast<float>((h ^ h >> 15) & 0xFFFFFF) / 16777215.0f;
}

// A line of this half width at distance d, as much of it as falls on a pixel.
float line(float d, float half_width, float footprint) {
  const float blur = std::max(half_width, footprint * 0.6f);
  return (1 - smoothstep(blur * 0.6f, blur * 1.5f, std::fabs(d))) * std::min(1.0f, half_width / blur);
}

// Signed distance to an upright rectangle of the wall.
float frame(float x, float y, float cx, float cy, float hx, float hy) {
  return std::max(std::fabs(x - cx) - hx, std::fabs(y - cy) - hy);
}

Vec wood(Vec p, float footprint) {
  constexpr float kPlank = 0.155f, kLength = 1.7f;
  const int plank = static_cast<int>(std::floor(p.x / kPlank));
  const float along = p.z / kLength + hash(plank, 7);
  const int piece = static_cast<int>(std::floor(along));
  const float tone = hash(plank, piece * 31 + 5);
  const float fade = clamp01(1.6f - footprint * 110);
  const float grain =
      noise(p.x * 55 + tone * 40, p.z * 3.1f + tone * 17) * 0.6f + noise(p.x * 160, p.z * 7 + tone * 9) * 0.4f * fade;
  Vec colour = mix(Vec{0.345f, 0.235f, 0.140f}, Vec{0.455f, 0.322f, 0.205f}, tone);
  colour = colour * (1 + 0.085f * grain);
  const float across = p.x / kPlank - std::floor(p.x / kPlank), end = along - std::floor(along);
  const float gap = std::max(line(std::min(across, 1 - across) * kPlank, 0.0022f, footprint),
                             line(std::min(end, 1 - end) * kLength, 0.0025f, footprint));
  return colour * (1 - 0.55f * gap);
}

// A rug before the sofa; false beside it.
bool rug(Vec p, float footprint, Vec& colour) {
  const float x = p.x - 0.05f, z = p.z - 3.35f;
  const float dx = std::fabs(x) - 1.12f, dz = std::fabs(z) - 0.78f;
  const float inset = -std::max(dx, dz);  // how far inside the edge
  if (inset < 0) {
    const bool fringe = dx > 0 && dx < 0.07f && dz < 0;
    if (!fringe) return false;
    const float thread = std::fabs(std::sin(z * 150));
    if (footprint < 0.008f && thread < 0.35f) return false;
    colour = {0.56f, 0.53f, 0.45f};
    return true;
  }
  const Vec cream{0.60f, 0.565f, 0.48f}, teal{0.115f, 0.215f, 0.235f}, sand{0.42f, 0.39f, 0.30f};
  colour = cream;
  if (inset < 0.035f)
    colour = teal;
  else if (inset > 0.075f && inset < 0.17f) {
    const float along = dx > dz ? z : x;
    const float zigzag = std::fabs(along * 12 - std::floor(along * 12) - 0.5f) * 0.095f * 2;
    colour = std::fabs(inset - 0.075f - zigzag) < 0.022f ? cream : teal;
  } else if (inset > 0.19f && inset < 0.205f) {
    colour = sand;
  } else if (inset > 0.205f) {
    const float u = x / 0.31f, v = z / 0.31f;  // diamonds in a grid
    const float diamond = std::fabs(u - std::floor(u) - 0.5f) + std::fabs(v - std::floor(v) - 0.5f);
    if (diamond < 0.11f)
      colour = teal;
    else if (diamond > 0.30f && diamond < 0.36f)
      colour = sand;
  }
  colour = colour * (1 + 0.05f * noise(p.x * 90, p.z * 90));
  return true;
}

Appearance floorOf(Vec p, float footprint) {
  Appearance look;
  if (rug(p, footprint, look.albedo)) return look;
  look.albedo = wood(p, footprint);
  look.gloss = 0.16f;
  return look;
}

Vec paint(Vec p) {
  const Vec wall{0.50f, 0.515f, 0.465f};  // a quiet sage
  return p.y < 0.11f ? Vec{0.74f, 0.73f, 0.70f} * (p.y > 0.1f ? 0.8f : 1.0f)
                     : wall * (1 + 0.012f * noise(p.x * 30 + p.z * 30, p.y * 30));
}

// Garden and sky behind the glass.
Vec outside(float x, float y) {
  const float hill = 1.30f + 0.07f * std::sin(x * 4 + 1) + 0.03f * std::sin(x * 11);
  const float trees = 1.18f + 0.06f * noise(x * 9, 3) + 0.02f * noise(x * 30, 8);
  if (y < trees) return {0.20f, 0.34f, 0.16f};
  if (y < hill) return {0.42f, 0.55f, 0.40f};
  return mix(Vec{0.88f, 0.93f, 0.96f}, Vec{0.50f, 0.71f, 0.93f}, clamp01((y - 1.25f) * 1.7f));
}

Appearance backWall(Vec p, float footprint) {
  Appearance look;
  look.albedo = paint(p);
  // The window, its curtains beside it.
  const float glass = frame(p.x, p.y, -1.95f, 1.65f, 0.60f, 0.63f);
  if (glass < 0) {
    const float bar = std::min(std::fabs(p.x + 1.95f), std::fabs(p.y - 1.42f));
    if (glass > -0.045f || bar < 0.018f) {
      look.albedo = {0.80f, 0.80f, 0.78f};
    } else {
      look.albedo = {0.02f, 0.02f, 0.02f};
      look.glow = outside(p.x, p.y) * 0.92f;
    }
    return look;
  }
  for (const float side : {-2.68f, -1.22f}) {
    const float curtain = std::fabs(p.x - side) - 0.14f - 0.015f * std::sin(p.y * 2);
    if (curtain < 0 && p.y > 0.16f) {
      const float fold = 0.5f + 0.5f * std::sin((p.x - side) * 62 + 0.6f * std::sin(p.y * 3));
      look.albedo = mix(Vec{0.52f, 0.50f, 0.45f}, Vec{0.80f, 0.78f, 0.72f}, fold);
      return look;
    }
  }
  // Two pictures over the sofa.
  const float left = frame(p.x, p.y, -0.05f, 1.33f, 0.25f, 0.31f), right = frame(p.x, p.y, 0.68f, 1.33f, 0.36f, 0.27f);
  const float picture = std::min(left, right);
  if (picture < 0) {
    if (picture > -0.022f)
      look.albedo = {0.16f, 0.115f, 0.075f};
    else if (picture > -0.07f)
      look.albedo = {0.78f, 0.77f, 0.73f};
    else if (left < 0) {  // a leaf
      const float u = (p.x + 0.05f) / 0.17f, v = (p.y - 1.33f) / 0.23f;
      const float leaf = std::fabs(u) - 0.62f * (1 - v * v);
      look.albedo = leaf < 0 && std::fabs(u) > 0.04f
                        ? mix(Vec{0.13f, 0.27f, 0.16f}, Vec{0.30f, 0.45f, 0.25f}, clamp01(v * 0.5f + 0.5f))
                        : Vec{0.70f, 0.69f, 0.62f};
    } else {  // hills by a lake
      const float u = p.x - 0.68f, v = p.y - 1.33f;
      Vec sky = mix(Vec{0.72f, 0.68f, 0.55f}, Vec{0.33f, 0.50f, 0.62f}, clamp01(v * 4 + 0.3f));
      if (v < 0.05f + 0.05f * std::sin(u * 13)) sky = {0.25f, 0.36f, 0.42f};
      if (v < -0.01f + 0.04f * std::sin(u * 9 + 2)) sky = {0.13f, 0.23f, 0.25f};
      if (v < -0.08f) sky = mix(Vec{0.24f, 0.40f, 0.47f}, Vec{0.48f, 0.58f, 0.58f}, 0.5f + 0.5f * std::sin(v * 160));
      look.albedo = sky;
    }
    return look;
  }
  const float shadow = smoothstep(
      0.0f, 0.05f,
      std::min(frame(p.x, p.y, -0.035f, 1.315f, 0.25f, 0.31f), frame(p.x, p.y, 0.695f, 1.315f, 0.36f, 0.27f)));
  look.albedo = look.albedo * mix(0.72f, 1.0f, shadow);
  (void)footprint;
  return look;
}

Vec stuff(const SurfaceHit& hit) {
  const Vec p = hit.position;
  const float weave = 1 + 0.05f * noise(p.x * 140 + p.z * 60, p.y * 140 + p.z * 90);
  switch (hit.material) {
    case Material::fabric: return Vec{0.165f, 0.265f, 0.305f} * weave;
    case Material::pillow_cream: return Vec{0.68f, 0.63f, 0.51f} * weave;
    case Material::pillow_blue:
      return (std::sin(p.y * 95) > 0.25f ? Vec{0.36f, 0.46f, 0.50f} : Vec{0.62f, 0.62f, 0.57f}) * weave;
    case Material::dark_wood: return {0.135f, 0.092f, 0.058f};
    case Material::light_wood: return Vec{0.46f, 0.335f, 0.215f} * (1 + 0.07f * noise(p.x * 12, p.z * 70));
    case Material::plush: return Vec{0.52f, 0.475f, 0.39f} * (1 + 0.06f * noise(p.x * 70, p.z * 70 + p.y * 70));
    case Material::rope: return Vec{0.50f, 0.42f, 0.28f} * (0.86f + 0.14f * std::sin(p.y * 210));
    case Material::metal: return {0.12f, 0.12f, 0.125f};
    case Material::shade: return {0.80f, 0.75f, 0.62f};
    case Material::ceramic: return p.y > 0.3f ? Vec{0.23f, 0.40f, 0.42f} : Vec{0.55f, 0.60f, 0.60f};
    case Material::pot: return {0.70f, 0.69f, 0.66f};
    case Material::leaf: return Vec{0.085f, 0.215f, 0.085f} * (1 + 0.3f * noise(p.x * 25, p.z * 25 + p.y * 9));
    case Material::leather: return Vec{0.33f, 0.25f, 0.17f} * (1 + 0.05f * noise(p.x * 45, p.z * 45 + p.y * 45));
    case Material::book_blue: return {0.11f, 0.18f, 0.33f};
    case Material::book_green: return {0.19f, 0.33f, 0.24f};
    case Material::toy: return std::sin(p.x * 60 + p.y * 90) > 0 ? Vec{0.16f, 0.35f, 0.52f} : Vec{0.62f, 0.62f, 0.55f};
    default: return {0.75f, 0.75f, 0.73f};
  }
}

}  // namespace

float noise(float x, float y) {
  const float fx = std::floor(x), fy = std::floor(y);
  const int ix = static_cast<int>(fx), iy = static_cast<int>(fy);
  const float u = x - fx, v = y - fy;
  const float su = u * u * (3 - 2 * u), sv = v * v * (3 - 2 * v);
  return 2 * mix(mix(hash(ix, iy), hash(ix + 1, iy), su), mix(hash(ix, iy + 1), hash(ix + 1, iy + 1), su), sv) - 1;
}

Appearance appearanceOf(const SurfaceHit& hit, float footprint_m) {
  switch (hit.material) {
    case Material::floor: return floorOf(hit.position, footprint_m);
    case Material::back_wall: return backWall(hit.position, footprint_m);
    case Material::left_wall:
    case Material::right_wall: return {paint(hit.position), {}, 0};
    default: break;
  }
  Appearance look{stuff(hit), {}, 0};
  if (hit.material == Material::shade) look.glow = {0.30f, 0.26f, 0.17f};
  if (hit.material == Material::ceramic || hit.material == Material::leather || hit.material == Material::leaf)
    look.gloss = 0.1f;
  return look;
}

}  // namespace laser_turret
