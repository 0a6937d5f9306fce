#include "laser_turret/lab/cat_painter.hpp"

#include "laser_turret/lab/light.hpp"

namespace laser_turret {
namespace {

constexpr int kFine = 2;  // samples along each side of a pixel

std::size_t index(int x, int y, int wide) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(wide) + static_cast<std::size_t>(x);
}

Vec furColour(const Limb& limb, float along, Vec normal) {
  const Vec light{0.345f, 0.325f, 0.290f}, dark{0.105f, 0.098f, 0.090f}, white{0.80f, 0.78f, 0.74f};
  const Vec at = limb.axis_start + limb.axis_way * along;
  switch (limb.fur) {
    case Fur::torso: {
      if (normal.y < -0.45f) return mix(light, white, 0.5f);
      const float stripes = std::sin(at.x * 92 + 1.6f * normal.y + 2.0f * noise(at.x * 30, normal.y * 2));
      const float spine = smoothstep(0.86f, 0.97f, normal.y);  // the dark line along the back
      return mix(light, dark,
                 std::max(spine, smoothstep(0.15f, 0.75f, stripes) * smoothstep(-0.35f, 0.2f, normal.y)) * 0.85f);
    }
    case Fur::head: {
      const float stripes = std::sin((at.z + normal.z * 0.06f) * 150 + 1.2f);
      return mix(light, dark, smoothstep(0.25f, 0.8f, stripes) * smoothstep(0.25f, 0.7f, normal.y) * 0.8f);
    }
    case Fur::leg: return mix(light, dark, smoothstep(0.1f, 0.8f, std::sin(at.y * 170)) * 0.6f);
    case Fur::tail:
      return mix(light, dark,
                 at.y + at.x > 10 ? 1.0f : smoothstep(-0.1f, 0.5f, std::sin(along * 3.1f + length(at) * 95)) * 0.9f);
    case Fur::sock:
    case Fur::white: return white;
    case Fur::ear: return {0.46f, 0.36f, 0.33f};
    case Fur::nose: return {0.36f, 0.25f, 0.23f};
    case Fur::eye: return {0.42f, 0.60f, 0.20f};
    case Fur::pupil: return {0.012f, 0.012f, 0.014f};
  }
  return light;
}

PixelBox around(const Camera& camera, Vec centre, float radius, int margin) {
  const Point middle = camera.project(centre).value_or(Point{});
  const auto reach =
      static_cast<double>(radius * camera.scaleAt(std::max(0.2f, camera.depthOf(centre))) * 1.08f) + margin;
  return {std::max(0, static_cast<int>(middle.x - reach)), std::max(0, static_cast<int>(middle.y - reach)),
          std::min(kPictureWidth, static_cast<int>(middle.x + reach) + 1),
          std::min(kPictureHeight, static_cast<int>(middle.y + reach) + 1)};
}

PixelBox join(PixelBox a, PixelBox b) {
  return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right), std::max(a.bottom, b.bottom)};
}

PixelBox boxOf(const Camera& camera, const Limb& limb, int margin) {
  return join(around(camera, limb.a, limb.radius_a, margin), around(camera, limb.b, limb.radius_b, margin));
}

}  // namespace

PixelBox CatPainter::paint(Image& image, const Camera& camera, const CatPose& pose) {
  const std::vector<Limb> body = catBody(pose);
  PixelBox box{kPictureWidth, kPictureHeight, 0, 0};
  for (const Limb& limb : body) box = join(box, boxOf(camera, limb, 2));
  if (box.left >= box.right || box.top >= box.bottom) return {};

  const PixelBox ground = shadow(image, camera, pose, body, box);

  const int wide = (box.right - box.left) * kFine, high = (box.bottom - box.top) * kFine;
  fragments_.assign(static_cast<std::size_t>(wide) * static_cast<std::size_t>(high), Fragment{});
  const Vec eye = camera.position();
  for (int y = 0; y < high; ++y) {
    for (int x = 0; x < wide; ++x) {
      fragments_[index(x, y, wide)].ray =
          camera.ray(static_cast<float>(box.left) + (static_cast<float>(x) + 0.5f) / kFine,
                     static_cast<float>(box.top) + (static_cast<float>(y) + 0.5f) / kFine);
    }
  }
  for (const Limb& limb : body) {
    const PixelBox part = boxOf(camera, limb, 1);
    const LimbSight sight(limb, eye);
    for (int y = (part.top - box.top) * kFine; y < (part.bottom - box.top) * kFine; ++y) {
      for (int x = (part.left - box.left) * kFine; x < (part.right - box.left) * kFine; ++x) {
        Fragment& fragment = fragments_[index(x, y, wide)];
        const auto hit = sight.hit(fragment.ray);
        if (hit && hit->distance < fragment.distance)
          fragment = {fragment.ray, hit->distance, hit->normal, hit->along, &limb};
      }
    }
  }
  const float sun = sunThroughWindow(pose.position + Vec{0, 0.25f, 0});
  for (int y = 0; y < high; y += kFine) {
    for (int x = 0; x < wide; x += kFine) {
      const Fragment* four[kFine * kFine];
      for (int i = 0; i < kFine * kFine; ++i) four[i] = &fragments_[index(x + i % kFine, y + i / kFine, wide)];
      Vec light;
      float covered = 0;
      if (four[0]->limb == four[1]->limb && four[0]->limb == four[2]->limb && four[0]->limb == four[3]->limb) {
        if (four[0]->limb == nullptr) continue;
        // Inside one limb a mean is as good as four samples.
        Fragment mean = *four[0];
        mean.normal = normalize(four[0]->normal + four[1]->normal + four[2]->normal + four[3]->normal);
        light = furLight(mean, eye, sun);
        covered = 1;
      } else {
        for (const Fragment* f : four) {
          if (f->limb == nullptr) continue;
          light = light + furLight(*f, eye, sun);
          covered += 1;
        }
        light = light * (1 / covered);
        covered /= kFine * kFine;
      }
      blend(image.at(box.left + x / kFine, box.top + y / kFine), light, covered);
    }
  }
  return join(box, ground);
}

Vec CatPainter::furLight(const Fragment& f, Vec eye, float sun) {
  const Vec at = eye + f.ray * f.distance;
  const float open = 0.62f + 0.38f * smoothstep(0.0f, 0.28f, at.y);  // darker close to the floor
  return expose(lightFrom(f.normal, furColour(*f.limb, f.along, f.normal), {open, sun}));
}

PixelBox CatPainter::shadow(Image& image, const Camera& camera, const CatPose& pose, const std::vector<Limb>& body,
                            PixelBox cat) {
  constexpr int kCoarse = 2;  // a shadow is soft: every second pixel, and smoothly between
  const Vec sun = towardsSun();
  // Where the sun throws each larger limb: the balls of its ends, drawn out along the floor.
  std::vector<std::pair<const Limb*, PixelBox>> thrown;
  PixelBox box = join(cat, {cat.left - 24, cat.top, cat.right + 24, cat.bottom + 14});
  for (const Limb& limb : body) {
    if (limb.radius_a < 0.028f && limb.fur != Fur::tail) continue;
    const PixelBox part = join(around(camera, limb.a - sun * (limb.a.y / sun.y), limb.radius_a * 2.3f, kCoarse),
                               around(camera, limb.b - sun * (limb.b.y / sun.y), limb.radius_b * 2.3f, kCoarse));
    thrown.emplace_back(&limb, part);
    box = join(box, part);
  }
  box = {std::max(0, box.left), std::max(0, box.top), std::min(kPictureWidth, box.right),
         std::min(kPictureHeight, box.bottom)};
  const int wide = (box.right - box.left) / kCoarse + 2, high = (box.bottom - box.top) / kCoarse + 2;
  shade_.assign(static_cast<std::size_t>(wide) * static_cast<std::size_t>(high), 1.0f);
  floor_.resize(shade_.size());
  for (int y = 0; y < high; ++y) {
    for (int x = 0; x < wide; ++x) {
      const Vec ray = camera.ray(static_cast<float>(box.left + x * kCoarse), static_cast<float>(box.top + y * kCoarse));
      const Vec at = camera.position() + ray * (-camera.position().y / std::min(ray.y, -0.05f));
      // Walls get no shadow: what would fall there is put out of reach.
      floor_[index(x, y, wide)] = at.z < RoomScene::kBackWall ? at : Vec{1e6f, 0, 1e6f};
    }
  }
  for (const auto& [limb, part] : thrown) {
    for (int y = std::max(0, part.top - box.top) / kCoarse; y < std::min(high, (part.bottom - box.top) / kCoarse + 1);
         ++y) {
      for (int x = std::max(0, part.left - box.left) / kCoarse;
           x < std::min(wide, (part.right - box.left) / kCoarse + 1); ++x) {
        float& shade = shade_[index(x, y, wide)];
        if (shade < 1) continue;
        const Vec at = floor_[index(x, y, wide)];
        if (LimbSight(*limb, at).hit(sun)) shade = 1 - 0.45f * sunThroughWindow(at);
      }
    }
  }
  soften(wide, high);
  contact(pose);
  for (int y = box.top; y < box.bottom; ++y) {
    for (int x = box.left; x < box.right; ++x) {
      const float u = static_cast<float>(x - box.left) / kCoarse, v = static_cast<float>(y - box.top) / kCoarse;
      const int iu = static_cast<int>(u), iv = static_cast<int>(v);
      const float fu = u - static_cast<float>(iu), fv = v - static_cast<float>(iv);
      const float light = mix(mix(shade_[index(iu, iv, wide)], shade_[index(iu + 1, iv, wide)], fu),
                              mix(shade_[index(iu, iv + 1, wide)], shade_[index(iu + 1, iv + 1, wide)], fu), fv);
      if (light > 0.995f) continue;
      std::uint8_t* pixel = image.at(x, y);
      for (int c = 0; c < 3; ++c) pixel[c] = encodeLight(decodeLight(pixel[c]) * light);
    }
  }
  return box;
}

// Little of the sky reaches the floor right under the cat.
void CatPainter::contact(const CatPose& pose) {
  const Vec ahead{std::sin(pose.heading), 0, std::cos(pose.heading)};
  const Vec from = Vec{pose.position.x, 0, pose.position.z} - ahead * 0.20f, way = ahead * 0.42f;
  const float depth = 0.50f * (1 - 0.6f * clamp01(pose.position.y * 5));
  for (std::size_t i = 0; i < shade_.size(); ++i) {
    const Vec d = floor_[i] - from;
    const float away = length(d - way * clamp01(dot(d, way) / dot(way, way)));
    if (away < 0.30f) shade_[i] *= 1 - depth * (1 - smoothstep(0.02f, 0.30f, away));
  }
}

// The sun is no point: a shadow's edge is half lit. Means of three, along rows and then along columns.
void CatPainter::soften(int wide, int high) {
  for (int y = 0; y < high; ++y) {
    float before = shade_[index(0, y, wide)];
    for (int x = 0; x + 1 < wide; ++x) {
      const float here = shade_[index(x, y, wide)];
      shade_[index(x, y, wide)] = (before + here + shade_[index(x + 1, y, wide)]) / 3;
      before = here;
    }
  }
  for (int x = 0; x < wide; ++x) {
    float before = shade_[index(x, 0, wide)];
    for (int y = 0; y + 1 < high; ++y) {
      const float here = shade_[index(x, y, wide)];
      shade_[index(x, y, wide)] = (before + here + shade_[index(x, y + 1, wide)]) / 3;
      before = here;
    }
  }
}

}  // namespace laser_turret
