#include "laser_turret/lab/room_painter.hpp"

#include <cstdlib>

#include "laser_turret/lab/light.hpp"
#include "rh/mutex.hpp"

namespace laser_turret {
namespace {

struct Sample {
  Vec light;
  Material material = Material::white;
  Exposure exposure;
};

// `near`, a sample of the same pixel, spares finding the exposure again where it shows the same body.
Sample sample(const RoomScene& scene, const Camera& camera, float x_px, float y_px, const Sample* near = nullptr) {
  const Vec ray = camera.ray(x_px, y_px);
  const auto hit = scene.trace(camera.position(), ray);
  if (!hit) return {{0.8f, 0.8f, 0.78f}, Material::white, {}};
  const float footprint = 1 / camera.scaleAt(camera.depthOf(hit->position)) / std::max(0.25f, -dot(ray, hit->normal));
  const Appearance look = appearanceOf(*hit, footprint);
  const bool known = near != nullptr && near->material == hit->material;
  const Exposure exposure = known ? near->exposure : exposureOf(scene, *hit);
  return {expose(lightFrom(*hit, look, exposure, camera.position())), hit->material, exposure};
}

// A pixel needs more than one sample where it differs from a neighbour: another body, or another brightness.
bool differs(const Sample& a, const Sample& b) {
  if (a.material != b.material) return true;
  const Vec d = a.light - b.light;
  return dot(d, d) > 0.002f * (0.02f + dot(a.light, a.light));
}

// Four samples in a turned square see slanted edges best.
Vec smoothed(const RoomScene& scene, const Camera& camera, int x, int y, const Sample& here) {
  Vec sum;
  for (const auto& [dx, dy] : {Point{0.375, 0.125}, Point{0.875, 0.375}, Point{0.125, 0.625}, Point{0.625, 0.875}}) {
    sum = sum + sample(scene, camera, static_cast<float>(x + dx), static_cast<float>(y + dy), &here).light;
  }
  return sum * 0.25f;
}

}  // namespace

Image paintRoom(const RoomScene& scene, const Camera& camera) {
  Image image(kPictureWidth, kPictureHeight);
  std::vector<Sample> samples(static_cast<std::size_t>(kPictureWidth) * kPictureHeight);
  const auto at = [&samples](int x, int y) -> Sample& {
    return samples[static_cast<std::size_t>(y) * kPictureWidth + static_cast<std::size_t>(x)];
  };
  for (int y = 0; y < kPictureHeight; ++y) {
    for (int x = 0; x < kPictureWidth; ++x) {
      at(x, y) = sample(scene, camera, static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
    }
  }
  for (int y = 0; y < kPictureHeight; ++y) {
    for (int x = 0; x < kPictureWidth; ++x) {
      const Sample& here = at(x, y);
      bool edge = x > 0 && differs(here, at(x - 1, y));
      edge = edge || (x + 1 < kPictureWidth && differs(here, at(x + 1, y)));
      edge = edge || (y > 0 && differs(here, at(x, y - 1)));
      edge = edge || (y + 1 < kPictureHeight && differs(here, at(x, y + 1)));
      const Vec light = edge ? smoothed(scene, camera, x, y, here) : here.light;
      std::uint8_t* pixel = image.at(x, y);
      pixel[0] = encodeLight(light.x);
      pixel[1] = encodeLight(light.y);
      pixel[2] = encodeLight(light.z);
    }
  }
  return image;
}

std::shared_ptr<const Image> sharedRoom(const RoomScene& scene, const Camera& camera) {
  static rh::Mutex mutex;
  static std::weak_ptr<const Image> shared RH_GUARDED_BY(mutex);
  const rh::Lock lock(mutex);
  auto room = shared.lock();
  if (!room) {
    room = std::make_shared<const Image>(paintRoom(scene, camera));
    shared = room;
  }
  return room;
}

}  // namespace laser_turret
