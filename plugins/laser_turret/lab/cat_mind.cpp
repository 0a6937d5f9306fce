#include "laser_turret/lab/cat_mind.hpp"

namespace laser_turret {
namespace {

constexpr float kStep = 1.0f / 60;
constexpr float kPi = 3.14159265f;
constexpr float kSees = 3.2f;  // metres
constexpr float kPounceFrom = 0.62f;

float turnTo(float from, float to) {
  float way = std::fmod(to - from, 2 * kPi);
  if (way > kPi) way -= 2 * kPi;
  if (way < -kPi) way += 2 * kPi;
  return way;
}

float approach(float value, float goal, float step) {
  return value < goal ? std::min(value + step, goal) : std::max(value - step, goal);
}

// The part of the floor between the furniture where a cat of this size bumps into nothing.
Vec walkable(Vec p) {
  return {std::clamp(p.x, -0.95f, 0.9f), 0, std::clamp(p.z, 2.25f, 4.6f)};
}

float flatDistance(Vec a, Vec b) {
  return std::hypot(a.x - b.x, a.z - b.z);
}
float bearing(Vec from, Vec to) {
  return std::atan2(to.x - from.x, to.z - from.z);
}

}  // namespace

CatMind::CatMind(std::uint64_t seed) : random_(seed * 0x9E3779B97F4A7C15u + 1) {}

float CatMind::random(float low, float high) {
  random_ += 0x9E3779B97F4A7C15u;
  std::uint64_t z = random_;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return low + (high - low) * static_cast<float>((z ^ z >> 31) >> 40) / 16777216.0f;
}

void CatMind::live(double seconds, std::optional<Vec> dot) {
  left_over_ = std::min(left_over_ + static_cast<float>(std::clamp(seconds, 0.0, 1.0)), 1.0f);
  for (; left_over_ >= kStep; left_over_ -= kStep) step(kStep, dot);
}

void CatMind::enter(Mood mood, float seconds) {
  mood_ = mood;
  mood_age_ = 0;
  mood_length_ = seconds;
}

void CatMind::decide(std::optional<Vec> dot) {
  const bool prey = dot && flatDistance(*dot, pose_.position) < kSees;
  const bool over = mood_age_ > mood_length_;
  switch (mood_) {
    case Mood::stroll:
    case Mood::rest:
      if (prey && mood_age_ > 0.35f) return enter(Mood::chase, 1e9f);
      if (mood_ == Mood::stroll && (over || flatDistance(goal_, pose_.position) < 0.08f)) {
        return enter(Mood::rest, random(2.0f, 6.0f));
      }
      if (mood_ == Mood::rest && over) {
        goal_ = walkable({random(-0.95f, 0.9f), 0, random(2.25f, 4.6f)});
        enter(Mood::stroll, 14);
      }
      return;
    case Mood::chase:
      if (!prey) return enter(Mood::puzzled, 1.8f);
      if (dot_speed_ < 0.3f && flatDistance(walkable(*dot), pose_.position) < kPounceFrom) {
        enter(Mood::lurk, random(0.7f, 1.3f));
      }
      return;
    case Mood::lurk:
      if (!prey) return enter(Mood::puzzled, 1.5f);
      if (flatDistance(walkable(*dot), pose_.position) > kPounceFrom + 0.25f) return enter(Mood::chase, 1e9f);
      if (over) {
        leap_from_ = pose_.position;
        const Vec prey_at = walkable(*dot);
        const float heading = bearing(pose_.position, prey_at);
        // The paws land on the dot, the body stays behind it.
        leap_to_ = walkable(prey_at - Vec{std::sin(heading), 0, std::cos(heading)} * 0.24f);
        enter(Mood::pounce, 0.34f);
      }
      return;
    case Mood::pounce:
      if (over) enter(Mood::puzzled, random(1.2f, 2.2f));
      return;
    case Mood::puzzled:
      if (over && prey) return enter(Mood::chase, 1e9f);
      if (over) enter(Mood::rest, random(1.0f, 3.0f));
      return;
  }
}

void CatMind::step(float dt, std::optional<Vec> dot) {
  clock_ += dt;
  mood_age_ += dt;
  if (dot && last_dot_) dot_speed_ = mix(dot_speed_, flatDistance(*dot, *last_dot_) / dt, 0.15f);
  last_dot_ = dot;
  decide(dot);

  const bool hunting = mood_ == Mood::chase || mood_ == Mood::lurk || mood_ == Mood::pounce;
  float sit = 0, crouch = 0;
  pose_.leap = 0;
  pose_.position.y = 0;
  switch (mood_) {
    case Mood::stroll: walk(dt, goal_, 0.38f); break;
    case Mood::rest:
      walk(dt, pose_.position, 0);
      sit = mood_length_ > 2.2f ? 1.0f : 0.0f;
      break;
    case Mood::chase: {
      const Vec goal = walkable(*dot);
      walk(dt, goal, flatDistance(goal, pose_.position) > 0.5f ? 1.25f : 0.0f);
      crouch = 0.25f;
      break;
    }
    case Mood::lurk:
      walk(dt, walkable(*dot), 0);
      crouch = 1;
      break;
    case Mood::pounce: {
      const float t = clamp01(mood_age_ / mood_length_);
      pose_.position = mix(leap_from_, leap_to_, smoothstep(0, 1, t));
      pose_.position.y = 0.5f * t * (1 - t);
      pose_.leap = 4 * t * (1 - t);
      speed_ = 0;
      break;
    }
    case Mood::puzzled: walk(dt, pose_.position, 0); break;
  }
  pose_.sit = approach(pose_.sit, sit, dt * 2.2f);
  pose_.crouch = approach(pose_.crouch, crouch, dt * 4);
  pose_.wiggle = mood_ == Mood::lurk ? std::sin(mood_age_ * 19) * smoothstep(0.2f, 0.5f, mood_age_) : 0;
  pose_.alert = approach(pose_.alert, hunting ? 1.0f : 0.0f, dt * 3);
  pose_.tail += dt * mix(1.1f, 5.0f, pose_.alert);
  pose_.blinking = std::fmod(clock_, 3.7f) < 0.13f;
  look(dt, dot && flatDistance(*dot, pose_.position) < kSees ? dot : std::nullopt);
}

void CatMind::walk(float dt, Vec goal, float fastest) {
  const float distance = flatDistance(goal, pose_.position);
  float wanted = std::min(fastest, distance * 3);
  if (distance > 0.05f) {
    const float way = turnTo(pose_.heading, bearing(pose_.position, goal));
    const float turning = dt * (fastest > 0.6f ? 7.0f : 2.4f);
    pose_.heading += std::clamp(way, -turning, turning);
    if (std::fabs(way) > 1) wanted *= 0.25f;  // first turn, then go
  }
  speed_ = approach(speed_, wanted, dt * (wanted > speed_ ? 2.2f : 4.0f));
  pose_.position = walkable(pose_.position + Vec{std::sin(pose_.heading), 0, std::cos(pose_.heading)} * (speed_ * dt));
  pose_.stride = clamp01(speed_ / 1.1f);
  pose_.step += dt * speed_ / mix(0.30f, 0.52f, pose_.stride);
}

void CatMind::look(float dt, std::optional<Vec> at) {
  float yaw = 0, pitch = 0;
  if (at) {
    yaw = -turnTo(pose_.heading, bearing(pose_.position, *at));
    pitch = -std::atan2(0.35f, std::max(0.25f, flatDistance(*at, pose_.position)));
  } else if (mood_ == Mood::rest || mood_ == Mood::puzzled) {
    yaw = 0.9f * std::sin(clock_ * 0.7f + 0.5f * std::sin(clock_ * 0.31f));
    pitch = 0.12f * std::sin(clock_ * 0.43f);
  }
  const float fast = at ? 7.0f : 2.0f;
  pose_.head_yaw = approach(pose_.head_yaw, std::clamp(yaw, -1.25f, 1.25f), dt * fast);
  pose_.head_pitch = approach(pose_.head_pitch, std::clamp(pitch, -0.75f, 0.35f), dt * fast);
}

}  // namespace laser_turret
