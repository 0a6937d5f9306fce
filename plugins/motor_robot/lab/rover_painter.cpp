#include "motor_robot/lab/rover_painter.hpp"

#include <algorithm>
#include <array>

#include "motor_robot/lab/yard.hpp"

namespace motor_robot {

using rh::hw::lab::blend;
using rh::hw::lab::clamp01;
using rh::hw::lab::cross;
using rh::hw::lab::dot;

namespace {

// From the rover's own directions (right, up, forward) to the yard's.
class Frame {
 public:
  explicit Frame(const RoverPose& pose) : origin_{pose.x, pose.y, pose.z} {
    const float sh = std::sin(pose.heading), ch = std::cos(pose.heading);
    const float sp = std::sin(pose.pitch), cp = std::cos(pose.pitch);
    const float sr = std::sin(pose.roll), cr = std::cos(pose.roll);
    forward_ = {sh * cp, sp, ch * cp};
    const Vec level_right{ch, 0, -sh};
    const Vec level_up = cross(forward_, level_right);
    right_ = level_right * cr - level_up * sr;
    up_ = level_up * cr + level_right * sr;
  }
  Vec point(Vec p) const { return origin_ + way(p); }
  Vec way(Vec p) const { return right_ * p.x + up_ * p.y + forward_ * p.z; }

 private:
  Vec origin_, right_, up_, forward_;
};

class Brush {
 public:
  Brush(Image& picture, const YardPicture& yard, const YardCamera& camera)
      : picture_(picture), yard_(yard), camera_(camera) {}

  // A flat convex face with its corners in order. `soft_px`: over how many pixels its edge fades.
  template <std::size_t N>
  void face(const std::array<Vec, N>& corners, Vec colour, float opacity = 1, float soft_px = 1, float nearer = 0.05f) {
    std::array<Projected, N> p;
    float depth = 0, area = 0;
    for (std::size_t i = 0; i < N; ++i) p[i] = camera_.project(corners[i]);
    for (std::size_t i = 0; i < N; ++i) {
      const Projected &a = p[i], &b = p[(i + 1) % N];
      area += a.x * b.y - b.x * a.y;
      depth += a.depth / N;
    }
    const float side = area < 0 ? -1.0f : 1.0f;
    const PixelBox box = around(p.data(), N, soft_px + 1);
    for (int y = box.top; y < box.bottom; ++y) {
      for (int x = box.left; x < box.right; ++x) {
        if (hidden(x, y, depth - nearer)) continue;
        float inside = 1e9f;
        for (std::size_t i = 0; i < N; ++i) {
          const Projected &a = p[i], &b = p[(i + 1) % N];
          const float ex = b.x - a.x, ey = b.y - a.y;
          const float distance =
              (ex * (static_cast<float>(y) + 0.5f - a.y) - ey * (static_cast<float>(x) + 0.5f - a.x)) * side /
              std::max(std::hypot(ex, ey), 1e-3f);
          inside = std::min(inside, distance);
        }
        // Half a pixel of overlap, so that neighbouring faces leave no seam.
        const float cover = clamp01((inside + 0.3f) / soft_px + 0.5f);
        if (cover > 0) blend(picture_.at(x, y), colour, cover * opacity);
      }
    }
  }

  // A round light.
  void glow(Vec at, float radius_m, Vec colour, float opacity) {
    const Projected p = camera_.project(at);
    const float radius = radius_m / p.depth * 520;
    const std::array<Projected, 1> one{p};
    const PixelBox box = around(one.data(), 1, radius + 1);
    for (int y = box.top; y < box.bottom; ++y)
      for (int x = box.left; x < box.right; ++x) {
        const float far = std::hypot(static_cast<float>(x) + 0.5f - p.x, static_cast<float>(y) + 0.5f - p.y) / radius;
        if (far < 1 && !hidden(x, y, p.depth - 0.1f)) blend(picture_.at(x, y), colour, opacity * (1 - far) * (1 - far));
      }
  }

  PixelBox touched() const { return touched_; }

 private:
  bool hidden(int x, int y, float depth) const {
    return depth > yard_.depth[static_cast<std::size_t>(y) * kPictureWidth + static_cast<std::size_t>(x)];
  }
  PixelBox around(const Projected* p, std::size_t count, float margin) {
    float left = 1e9f, right = -1e9f, top = 1e9f, bottom = -1e9f;
    for (std::size_t i = 0; i < count; ++i) {
      left = std::min(left, p[i].x), right = std::max(right, p[i].x);
      top = std::min(top, p[i].y), bottom = std::max(bottom, p[i].y);
    }
    const PixelBox box{std::clamp(static_cast<int>(left - margin), 0, kPictureWidth),
                       std::clamp(static_cast<int>(top - margin), 0, kPictureHeight),
                       std::clamp(static_cast<int>(right + margin) + 1, 0, kPictureWidth),
                       std::clamp(static_cast<int>(bottom + margin) + 1, 0, kPictureHeight)};
    if (box.left >= box.right || box.top >= box.bottom) return {};
    if (touched_.left == touched_.right) touched_ = box;
    touched_ = {std::min(touched_.left, box.left), std::min(touched_.top, box.top), std::max(touched_.right, box.right),
                std::max(touched_.bottom, box.bottom)};
    return box;
  }

  Image& picture_;
  const YardPicture& yard_;
  const YardCamera& camera_;
  PixelBox touched_;
};

struct Box {
  Vec low, high;  // right, up, forward
  Vec colour;
};

constexpr Vec kPaint{0.80f, 0.085f, 0.03f}, kDark{0.035f, 0.035f, 0.04f}, kGrey{0.30f, 0.31f, 0.33f};

// From below to above, which from a camera high up is from behind to before.
constexpr Box kBoxes[] = {
    {{-0.19f, 0.00f, 0.07f}, {-0.13f, 0.11f, 0.21f}, kDark},   {{0.13f, 0.00f, 0.07f}, {0.19f, 0.11f, 0.21f}, kDark},
    {{-0.19f, 0.00f, -0.21f}, {-0.13f, 0.11f, -0.07f}, kDark}, {{0.13f, 0.00f, -0.21f}, {0.19f, 0.11f, -0.07f}, kDark},
    {{-0.13f, 0.05f, -0.20f}, {0.13f, 0.13f, 0.22f}, kPaint},  {{-0.09f, 0.13f, -0.16f}, {0.09f, 0.17f, 0.06f}, kGrey},
};

void paintBox(Brush& brush, const Frame& frame, const Box& box, Vec eye) {
  const Vec l = box.low, h = box.high;
  struct Face {
    std::array<Vec, 4> corners;
    Vec normal;
  };
  const Face faces[] = {
      {{{{l.x, l.y, l.z}, {l.x, h.y, l.z}, {l.x, h.y, h.z}, {l.x, l.y, h.z}}}, {-1, 0, 0}},
      {{{{h.x, l.y, l.z}, {h.x, h.y, l.z}, {h.x, h.y, h.z}, {h.x, l.y, h.z}}}, {1, 0, 0}},
      {{{{l.x, l.y, l.z}, {h.x, l.y, l.z}, {h.x, h.y, l.z}, {l.x, h.y, l.z}}}, {0, 0, -1}},
      {{{{l.x, l.y, h.z}, {h.x, l.y, h.z}, {h.x, h.y, h.z}, {l.x, h.y, h.z}}}, {0, 0, 1}},
      {{{{l.x, h.y, l.z}, {h.x, h.y, l.z}, {h.x, h.y, h.z}, {l.x, h.y, h.z}}}, {0, 1, 0}},
  };
  for (const Face& face : faces) {
    const Vec normal = frame.way(face.normal);
    std::array<Vec, 4> corners = face.corners;
    for (Vec& corner : corners) corner = frame.point(corner);
    if (dot(normal, eye - corners[0]) <= 0) continue;
    brush.face(corners, lightOn(normal, 1) * box.colour);
  }
}

}  // namespace

PixelBox paintRover(Image& picture, const YardPicture& yard, const YardCamera& camera, const RoverPose& pose,
                    const RoverLook& look) {
  const Frame frame(pose);
  Brush brush(picture, yard, camera);
  const Vec eye = camera.position(), sun = towardsSun();

  // Its shadow lies where the sun would push the deck and the wheels down to.
  for (const float height : {0.03f, 0.13f}) {
    std::array<Vec, 4> shadow{
        {{-0.19f, height, -0.21f}, {0.19f, height, -0.21f}, {0.19f, height, 0.21f}, {-0.19f, height, 0.21f}}};
    for (Vec& corner : shadow) {
      const Vec p = frame.point(corner);
      corner = p - sun * (std::max(p.y - groundHeight(p.x, p.z), 0.0f) / sun.y);
      corner.y = groundHeight(corner.x, corner.z) + 0.004f;
    }
    brush.face(shadow, {0.02f, 0.022f, 0.028f}, 0.42f, 4, 0.12f);
  }

  std::array<const Box*, std::size(kBoxes)> order{};
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = &kBoxes[i];
  // Wheels on the far side first, then the deck, then the near ones' visible parts lie lower anyway.
  std::stable_sort(order.begin(), order.begin() + 4, [&](const Box* a, const Box* b) {
    return camera.project(frame.point((a->low + a->high) * 0.5f)).depth >
           camera.project(frame.point((b->low + b->high) * 0.5f)).depth;
  });
  for (const Box* box : order) paintBox(brush, frame, *box, eye);

  // Treads that move tell that the wheels turn.
  for (const float side : {-0.16f, 0.16f})
    for (const float axle : {-0.14f, 0.14f})
      for (int i = 0; i < 3; ++i) {
        const float phase = std::fmod(look.turned / 0.045f + static_cast<float>(i), 3.0f);
        const float at = axle - 0.06f + 0.04f * (phase < 0 ? phase + 3 : phase);
        const std::array<Vec, 4> tread{
            {frame.point({side - 0.028f, 0.112f, at}), frame.point({side + 0.028f, 0.112f, at}),
             frame.point({side + 0.028f, 0.112f, at + 0.012f}), frame.point({side - 0.028f, 0.112f, at + 0.012f})}};
        brush.face(tread, {0.12f, 0.12f, 0.13f}, 0.9f);
      }
  // A white bow, so that one sees where forward is.
  const std::array<Vec, 4> bow{{frame.point({-0.10f, 0.132f, 0.14f}), frame.point({0.10f, 0.132f, 0.14f}),
                                frame.point({0.06f, 0.132f, 0.205f}), frame.point({-0.06f, 0.132f, 0.205f})}};
  brush.face(bow, lightOn(frame.way({0, 1, 0}), 1) * Vec{0.75f, 0.75f, 0.72f});

  const Vec lamp = frame.point({0, 0.185f, -0.05f});
  brush.glow(lamp, 0.028f, look.led ? Vec{0.75f, 1.0f, 0.55f} : Vec{0.10f, 0.12f, 0.10f}, 1);
  if (look.led) brush.glow(lamp, 0.22f, {0.65f, 1.0f, 0.45f}, 0.75f);
  if (look.buzzer)
    for (const float ring : {0.10f, 0.17f, 0.24f})
      brush.glow(frame.point({0.09f, 0.14f, -0.14f}), ring, {1, 1, 1}, 0.22f);
  return brush.touched();
}

}  // namespace motor_robot
