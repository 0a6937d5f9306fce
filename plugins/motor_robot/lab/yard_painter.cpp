#include "motor_robot/lab/yard_painter.hpp"

#include "motor_robot/lab/yard.hpp"
#include "rh/mutex.hpp"

namespace motor_robot {

using rh::hw::lab::clamp01;
using rh::hw::lab::dot;
using rh::hw::lab::encodeLight;
using rh::hw::lab::length;
using rh::hw::lab::mix;
using rh::hw::lab::normalize;
using rh::hw::lab::smoothstep;

namespace {

constexpr float kHighest = 0.6f;  // nothing in the yard is
constexpr float kFar = 30;

struct Hit {
  Vec position;
  Vec normal;
  Material material = Material::lawn;
};

float lattice(int x, int z) {
  auto h = static_cast<std::uint32_t>(x) * 374761393u + static_cast<std::uint32_t>(z) * 668265263u;
  h = (h ^ (h >> 13)) * 1274126177u;
  return static_cast<float>((h ^ (h >> 16)) & 0xFFFF) / 32767.5f - 1;
}

// Smooth noise in -1..1.
float noise(float x, float z) {
  const float fx = std::floor(x), fz = std::floor(z);
  const int ix = static_cast<int>(fx), iz = static_cast<int>(fz);
  const float u = smoothstep(0, 1, x - fx), v = smoothstep(0, 1, z - fz);
  return mix(mix(lattice(ix, iz), lattice(ix + 1, iz), u), mix(lattice(ix, iz + 1), lattice(ix + 1, iz + 1), u), v);
}

float boxDistance(Vec p, Vec centre, Vec half) {
  const Vec q{std::fabs(p.x - centre.x) - half.x, std::fabs(p.y - centre.y) - half.y,
              std::fabs(p.z - centre.z) - half.z};
  const Vec out{std::max(q.x, 0.0f), std::max(q.y, 0.0f), std::max(q.z, 0.0f)};
  return length(out) + std::min(std::max({q.x, q.y, q.z}), 0.0f);
}

float obstacleDistance(const Obstacle& one, Vec p) {
  const float middle = one.height / 2;  // they all stand where the ground is at 0
  if (one.square) {
    const float half = one.radius * 0.71f;
    return boxDistance(p, {one.x, middle, one.z}, {half, one.height / 2, half});
  }
  const float side = std::hypot(p.x - one.x, p.z - one.z) - one.radius;
  const float cap = std::fabs(p.y - middle) - one.height / 2;
  return std::hypot(std::max(side, 0.0f), std::max(cap, 0.0f)) + std::min(std::max(side, cap), 0.0f);
}

float wallDistance(Vec p) {
  const float half = kWallThickness / 2;
  const float x = std::fabs(std::fabs(p.x) - kYardHalfWidth - half) - half;
  const float z = std::fabs(std::fabs(p.z) - kYardHalfDepth - half) - half;
  // A frame: along each side the wall ends at the corner.
  const float along_x = std::max(z, std::fabs(p.x) - kYardHalfWidth - kWallThickness);
  const float along_z = std::max(x, std::fabs(p.z) - kYardHalfDepth - kWallThickness);
  const float aside = std::min(along_x, along_z);
  if (aside > 0.3f) return aside;
  // It stands as high as the ground beside it, and somewhat higher.
  return std::max(aside, p.y - kWallHeight - groundHeight(std::fmin(p.x, kYardHalfWidth), p.z));
}

// Distance to what stands on the ground, and which it is.
float thingDistance(Vec p, Material* material) {
  float nearest = wallDistance(p);
  if (material != nullptr) *material = Material::wall;
  for (const Obstacle& one : obstacles()) {
    const float distance = obstacleDistance(one, p);
    if (distance >= nearest) continue;
    nearest = distance;
    if (material != nullptr) *material = one.material;
  }
  return nearest;
}

// The ground as it is seen: outside of the walls there is flat lawn.
float seenGround(float x, float z) {
  return std::fabs(x) > kYardHalfWidth || std::fabs(z) > kYardHalfDepth ? -0.02f : groundHeight(x, z);
}

Hit trace(Vec from, Vec direction) {
  float t = (kHighest - from.y) / direction.y;
  for (int step = 0; step < 90 && t < kFar; ++step) {
    const Vec p = from + direction * t;
    const float above = p.y - seenGround(p.x, p.z);
    Material material;
    const float thing = thingDistance(p, &material);
    if (thing < 0.002f) {
      constexpr float e = 2e-3f;
      const Vec a{1, -1, -1}, b{-1, -1, 1}, c{-1, 1, -1}, d{1, 1, 1};
      const auto at = [&](Vec way) { return way * thingDistance(p + way * e, nullptr); };
      return {p, normalize(at(a) + at(b) + at(c) + at(d)), material};
    }
    if (above < 0.002f) {
      const Material ground = groundMaterial(p.x, p.z);
      return {p, ground == Material::lawn ? Vec{0, 1, 0} : groundNormal(p.x, p.z), ground};
    }
    t += std::max(std::min(above * 0.7f, thing * 0.9f), 0.001f);
  }
  const Vec p = from + direction * std::min(kFar, -from.y / direction.y);
  return {p, {0, 1, 0}, Material::lawn};
}

float sunAt(Vec p, Vec normal) {
  const Vec sun = towardsSun();
  if (dot(normal, sun) <= 0) return 0;
  float light = 1, t = 0.02f;
  while (p.y + sun.y * t < kHighest && light > 0.03f && t < 2) {
    const Vec q = p + sun * t;
    const float free = std::min(thingDistance(q, nullptr), (q.y - seenGround(q.x, q.z)) * 0.8f);
    light = std::min(light, 0.5f + 16 * free / t);
    t += std::max(free * 0.8f, 0.02f);
  }
  return smoothstep(0, 1, light);
}

float line(float v, float width) {
  return 1 - smoothstep(width * 0.5f, width, std::fabs(v - std::round(v)));
}

// Nothing here is strongly red: the rover is the reddest thing of any picture.
Vec colourOf(const Hit& hit) {
  const auto [x, y, z] = hit.position;
  const float grain = noise(x * 60, z * 60) * 0.5f + noise(x * 19, z * 19) * 0.5f;
  switch (hit.material) {
    case Material::ground:
      return Vec{0.50f, 0.46f, 0.38f} * (0.92f + 0.10f * grain + 0.07f * noise(x * 2.3f, z * 2.3f));
    case Material::boards:
      return mix(Vec{0.43f, 0.36f, 0.26f}, Vec{0.10f, 0.08f, 0.06f}, 0.7f * line(z / 0.22f, 0.05f)) *
             (0.9f + 0.12f * noise(x * 3, std::round(z / 0.22f) * 7) + 0.05f * noise(x * 9, z * 70));
    case Material::washboard: return Vec{0.44f, 0.46f, 0.48f} * (0.95f + 0.07f * grain);
    case Material::grass:
      return mix(Vec{0.50f, 0.46f, 0.38f}, Vec{0.17f, 0.32f, 0.09f}, smoothstep(0.02f, 0.08f, y)) *
             (0.85f + 0.25f * grain);
    case Material::lawn: return Vec{0.13f, 0.27f, 0.08f} * (0.85f + 0.2f * grain + 0.14f * noise(x * 1.1f, z * 1.1f));
    case Material::wall: {
      const float row = std::floor(y / 0.075f);
      const float along = std::fabs(hit.normal.x) > 0.5f ? z : x;
      const float joint = std::max(line(y / 0.075f, 0.12f), line(along / 0.26f + row * 0.5f, 0.03f));
      const bool top = hit.normal.y > 0.7f;
      return Vec{0.47f, 0.45f, 0.42f} * (0.95f + 0.1f * noise(std::floor(along / 0.26f) * 3, row * 5) + 0.05f * grain) *
             (top ? 1.12f : 1 - 0.4f * joint);
    }
    case Material::barrel:
      return mix(Vec{0.10f, 0.22f, 0.40f}, Vec{0.42f, 0.44f, 0.46f}, line(y / 0.155f + 0.5f, 0.1f));
    case Material::planter: return Vec{0.40f, 0.34f, 0.30f} * (0.95f + 0.06f * grain);
    case Material::leaves: return Vec{0.10f, 0.30f, 0.07f} * (0.8f + 0.5f * noise(x * 25 + y * 9, z * 25));
    case Material::crate:
      return mix(Vec{0.52f, 0.42f, 0.26f}, Vec{0.20f, 0.16f, 0.10f},
                 0.8f * line((hit.normal.y > 0.7f ? z : y) / 0.11f, 0.07f));
  }
  return {};
}

struct Sample {
  Vec light;
  float depth = 0;
  Material material = Material::lawn;
};

Sample sample(const YardCamera& camera, float x_px, float y_px) {
  const Hit hit = trace(camera.position(), camera.ray(x_px, y_px));
  Vec light = lightOn(hit.normal, sunAt(hit.position + hit.normal * 0.004f, hit.normal)) * colourOf(hit);
  // Shade where ground meets what stands on it.
  if (hit.material != Material::lawn)
    light = light * (0.7f + 0.3f * clamp01(thingDistance(hit.position + hit.normal * 0.1f, nullptr) / 0.1f));
  return {light, camera.project(hit.position).depth, hit.material};
}

bool differs(const Sample& a, const Sample& b) {
  if (a.material != b.material) return true;
  const Vec d = a.light - b.light;
  return dot(d, d) > 0.004f * (0.02f + dot(a.light, a.light));
}

YardPicture paintYard() {
  const YardCamera camera;
  YardPicture yard{Image(kPictureWidth, kPictureHeight), {}};
  std::vector<Sample> samples;
  samples.reserve(static_cast<std::size_t>(kPictureWidth) * kPictureHeight);
  for (int y = 0; y < kPictureHeight; ++y)
    for (int x = 0; x < kPictureWidth; ++x)
      samples.push_back(sample(camera, static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f));
  yard.depth.reserve(samples.size());
  for (int y = 0; y < kPictureHeight; ++y) {
    for (int x = 0; x < kPictureWidth; ++x) {
      const std::size_t i = static_cast<std::size_t>(y) * kPictureWidth + static_cast<std::size_t>(x);
      Vec light = samples[i].light;
      const bool edge = (x > 0 && differs(samples[i], samples[i - 1])) ||
                        (x + 1 < kPictureWidth && differs(samples[i], samples[i + 1])) ||
                        (y > 0 && differs(samples[i], samples[i - kPictureWidth])) ||
                        (y + 1 < kPictureHeight && differs(samples[i], samples[i + kPictureWidth]));
      if (edge) {
        light = {};
        for (const auto& [dx, dy] : {std::pair{0.375f, 0.125f}, {0.875f, 0.375f}, {0.125f, 0.625f}, {0.625f, 0.875f}})
          light = light + sample(camera, static_cast<float>(x) + dx, static_cast<float>(y) + dy).light * 0.25f;
      }
      std::uint8_t* pixel = yard.image.at(x, y);
      pixel[0] = encodeLight(light.x);
      pixel[1] = encodeLight(light.y);
      pixel[2] = encodeLight(light.z);
      yard.depth.push_back(samples[i].depth);
    }
  }
  return yard;
}

}  // namespace

Vec towardsSun() {
  static const Vec direction = normalize({-0.62f, 0.66f, -0.25f});
  return direction;
}

Vec lightOn(Vec normal, float sun) {
  const Vec sky = Vec{0.36f, 0.42f, 0.52f} * (0.65f + 0.35f * normal.y);
  return sky + Vec{0.98f, 0.90f, 0.74f} * (sun * std::max(dot(normal, towardsSun()), 0.0f));
}

std::shared_ptr<const YardPicture> sharedYard() {
  static rh::Mutex mutex;
  static std::weak_ptr<const YardPicture> shared RH_GUARDED_BY(mutex);
  const rh::Lock lock(mutex);
  auto yard = shared.lock();
  if (!yard) {
    yard = std::make_shared<const YardPicture>(paintYard());
    shared = yard;
  }
  return yard;
}

}  // namespace motor_robot
