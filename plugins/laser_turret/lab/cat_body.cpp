#include "laser_turret/lab/cat_body.hpp"

namespace laser_turret {
namespace {

constexpr float kSize = 1.5f;  // a large cat: the picture is small
constexpr float kTurn = 6.2831853f;

// Collects limbs given in the cat's axes (x ahead, y up, z to its right) and places them in the room.
class Builder {
 public:
  explicit Builder(const CatPose& pose)
      : pose_(pose), ahead_{std::sin(pose.heading), 0, std::cos(pose.heading)}, right_{ahead_.z, 0, -ahead_.x} {}

  void limb(Fur fur, Vec a, float radius_a, Vec b, float radius_b) {
    limbs_.push_back({place(a), place(b), radius_a * kSize, radius_b * kSize, fur, a, b - a});
  }
  void ball(Fur fur, Vec at, float radius) { limb(fur, at, radius, at + Vec{0.001f, 0, 0}, radius); }
  std::vector<Limb> take() { return std::move(limbs_); }

 private:
  Vec place(Vec p) const {
    p = p * kSize;
    return pose_.position + ahead_ * p.x + right_ * p.z + Vec{0, p.y, 0};
  }
  const CatPose& pose_;
  Vec ahead_, right_;
  std::vector<Limb> limbs_;
};

// Where a paw is in its cycle: ahead (+) or behind, and how high.
Vec paw(const CatPose& pose, float phase) {
  const float turn = (pose.step + phase) * kTurn;
  const float reach = mix(0.0f, 0.085f, smoothstep(0, 0.35f, pose.stride) * 0.6f + pose.stride * 0.4f);
  const float lift = reach * 0.55f;
  return {reach * std::cos(turn), std::max(0.0f, -std::sin(turn)) * lift, 0};
}

void head(Builder& cat, const CatPose& pose, Vec at) {
  const float cy = std::cos(pose.head_yaw), sy = std::sin(pose.head_yaw);
  const float cp = std::cos(pose.head_pitch), sp = std::sin(pose.head_pitch);
  const auto on = [&](float ahead, float up, float right) {
    const Vec tipped{ahead * cp - up * sp, ahead * sp + up * cp, right};
    return at + Vec{tipped.x * cy + tipped.z * sy, tipped.y, tipped.z * cy - tipped.x * sy};
  };
  cat.limb(Fur::head, on(0, 0, -0.014f), 0.061f, on(0, 0, 0.014f), 0.061f);
  for (const float side : {-1.0f, 1.0f}) {
    cat.limb(Fur::white, on(0.030f, -0.024f, side * 0.016f), 0.032f, on(0.050f, -0.020f, side * 0.012f), 0.022f);
    cat.limb(Fur::head, on(0.002f, 0.042f, side * 0.036f), 0.026f, on(-0.008f, 0.098f, side * 0.052f), 0.004f);
    cat.limb(Fur::ear, on(0.014f, 0.046f, side * 0.037f), 0.017f, on(0.002f, 0.082f, side * 0.049f), 0.005f);
    if (pose.blinking) continue;
    cat.ball(Fur::eye, on(0.045f, 0.012f, side * 0.029f), 0.0185f);
    cat.limb(Fur::pupil, on(0.0585f, 0.007f, side * 0.031f), 0.0062f, on(0.0585f, 0.017f, side * 0.031f), 0.0062f);
  }
  cat.ball(Fur::nose, on(0.070f, -0.006f, 0), 0.0085f);
}

void tail(Builder& cat, const CatPose& pose, Vec root) {
  float climb = mix(mix(1.15f, 0.15f, pose.alert), -0.1f, pose.sit);  // how steeply it leaves the body
  float sideways = 0;
  Vec at = root;
  for (int i = 0; i < 9; ++i) {
    const float share = static_cast<float>(i) / 9;
    sideways +=
        (0.10f + 0.22f * share) * std::sin(pose.tail - share * 2.6f) * mix(0.75f, 1.4f, pose.alert) + pose.sit * 0.24f;
    climb += mix(mix(-0.06f, 0.10f, pose.alert), 0.02f, pose.sit) + (share > 0.6f ? -0.22f * (1 - pose.sit) : 0.0f);
    Vec next =
        at + Vec{-std::cos(climb) * std::cos(sideways), std::sin(climb), std::sin(sideways) * std::cos(climb)} * 0.036f;
    next.y = std::max(next.y, 0.02f);
    cat.limb(Fur::tail, at, 0.0215f - 0.0075f * share, next, 0.0208f - 0.0075f * share);
    at = next;
  }
}

}  // namespace

std::vector<Limb> catBody(const CatPose& pose) {
  Builder cat(pose);
  const float low = 0.065f * pose.crouch;
  const float bob = 0.006f * pose.stride * std::sin(pose.step * 2 * kTurn);
  const Vec hip{mix(-0.145f, -0.085f, pose.sit),
                mix(0.205f, 0.10f, pose.sit) - low * (pose.wiggle != 0 ? 0.75f : 1.0f) + bob, 0.016f * pose.wiggle};
  const Vec chest{mix(0.135f, 0.065f, pose.sit), mix(0.212f, 0.235f, pose.sit) - low * 1.15f - bob, 0};
  const Vec middle = (hip + chest) * 0.5f + Vec{0, -0.008f, 0};
  cat.limb(Fur::torso, hip, mix(0.074f, 0.094f, pose.sit), middle, 0.070f);
  cat.limb(Fur::torso, middle, 0.070f, chest, 0.073f);
  cat.limb(Fur::white, chest + Vec{0.022f, -0.030f, 0}, 0.050f, chest + Vec{0.060f, 0.020f, 0}, 0.040f);

  const Vec skull = chest + Vec{mix(0.105f, 0.075f, pose.sit), mix(0.098f, 0.120f, pose.sit) - 0.045f * pose.crouch, 0};
  cat.limb(Fur::torso, chest + Vec{0.02f, 0.02f, 0}, 0.062f, skull + Vec{-0.03f, -0.025f, 0}, 0.050f);
  head(cat, pose, skull);

  for (const float side : {-1.0f, 1.0f}) {
    const float out = side * 0.043f;
    // Fore leg.
    const Vec step = paw(pose, side < 0 ? 0.25f : 0.75f);
    const Vec shoulder = chest + Vec{-0.005f, -0.040f, out};
    Vec foot{chest.x + mix(0.010f, 0.045f, pose.crouch) + step.x + 0.09f * pose.leap,
             0.018f + step.y + 0.05f * pose.leap, out * 1.05f};
    const Vec elbow = (shoulder + foot) * 0.5f + Vec{-0.022f * (1 - pose.sit) - 0.03f * pose.crouch, 0.006f, 0};
    cat.limb(Fur::leg, shoulder, 0.036f, elbow, 0.025f);
    cat.limb(Fur::leg, elbow, 0.025f, foot + Vec{0, 0.022f, 0}, 0.020f);
    cat.limb(Fur::sock, foot + Vec{0, 0.020f, 0}, 0.0205f, foot + Vec{0.022f, 0, 0}, 0.0185f);
    // Hind leg.
    const Vec back = paw(pose, side < 0 ? 0.0f : 0.5f);
    foot = {hip.x + mix(0.0f, 0.105f, pose.sit) + mix(0.0f, 0.05f, pose.crouch) + back.x - 0.12f * pose.leap,
            0.018f + back.y + 0.03f * pose.leap, out * mix(1.1f, 1.75f, pose.sit)};
    const Vec thigh = hip + Vec{0.004f, -0.018f, out};
    const Vec knee = hip + Vec{mix(0.050f, 0.105f, std::max(pose.sit, pose.crouch * 0.6f)) + 0.4f * back.x,
                               mix(-0.085f, 0.005f, pose.sit) + low * 0.6f, out * mix(1.15f, 1.7f, pose.sit)};
    const Vec hock{foot.x - mix(0.034f, 0.060f, pose.sit),
                   foot.y + mix(0.052f, 0.008f, pose.sit) * (1 - 0.4f * pose.crouch), foot.z};
    cat.limb(Fur::leg, thigh, 0.058f, knee, 0.036f);
    cat.limb(Fur::leg, knee, 0.034f, hock, 0.020f);
    cat.limb(Fur::leg, hock, 0.020f, foot, 0.019f);
    cat.limb(Fur::sock, foot, 0.0195f, foot + Vec{0.030f, -0.001f, 0}, 0.0175f);
  }
  tail(cat, pose, hip + Vec{-0.062f, mix(0.018f, -0.045f, pose.sit), 0});
  return cat.take();
}

std::optional<LimbHit> LimbSight::hitBalls(Vec direction, float way_from) const {
  const float way_b = dot(direction, to_b_);
  const float in_a = way_from * way_from - dot(to_a_, to_a_) + radius_a_ * radius_a_;
  const float in_b = way_b * way_b - dot(to_b_, to_b_) + radius_b_ * radius_b_;
  std::optional<LimbHit> hit;
  if (in_a > 0) {
    const float d = -way_from - std::sqrt(in_a);
    hit = LimbHit{d, (to_a_ + direction * d) * (1 / radius_a_), 0};
  }
  if (in_b > 0) {
    const float d = -way_b - std::sqrt(in_b);
    if (!hit || d < hit->distance) hit = LimbHit{d, (to_b_ + direction * d) * (1 / radius_b_), 1};
  }
  return hit;
}

}  // namespace laser_turret
