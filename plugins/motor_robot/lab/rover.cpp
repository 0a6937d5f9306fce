#include "motor_robot/lab/rover.hpp"

#include <algorithm>
#include <cmath>

#include "motor_robot/lab/yard.hpp"

namespace motor_robot {
namespace {

constexpr std::int64_t kStepNs = 10'000'000;
constexpr std::int64_t kLongestNapNs = 10'000'000'000;  // nobody asked for so long: the rest of it is left out
constexpr float kStep = 0.01f;                          // seconds
constexpr float kGravity = 9.81f;
constexpr float kTopSpeed = 0.75f;   // m/s
constexpr float kLeastDuty = 0.08f;  // below it the motors only hum
constexpr float kLag = 0.35f;        // seconds that a wheel takes for two thirds of a change
constexpr float kTrack = 0.34f;      // between left and right wheels
constexpr float kBase = 0.32f;       // between front and rear wheels
constexpr float kRadius = 0.27f;     // of the circle that meets walls
constexpr float kSlipInTurns = 0.7f;

float wheelSpeed(float duty) {
  const float size = std::fabs(duty);
  if (size < kLeastDuty) return 0;
  return std::copysign((size - kLeastDuty) / (1 - kLeastDuty) * kTopSpeed, duty);
}

}  // namespace

Rover::Rover(std::uint64_t seed) : random_(seed * 2862933555777941757u + 3037000493u) {
  pose_.x = 0.25f;
  pose_.z = -0.6f;
  settle();
}

void Rover::drive(std::int64_t now_ns, float left, float right) {
  const rh::Lock lock(mutex_);
  advance(now_ns);
  left_ = left;
  right_ = right;
}

RoverPose Rover::pose(std::int64_t now_ns) {
  const rh::Lock lock(mutex_);
  advance(now_ns);
  return pose_;
}

void Rover::advance(std::int64_t now_ns) {
  if (begun_ns_ == 0) begun_ns_ = t_ns_ = now_ns;
  t_ns_ = std::max(t_ns_, now_ns - kLongestNapNs);
  for (; t_ns_ + kStepNs <= now_ns; t_ns_ += kStepNs) step();
}

void Rover::step() {
  const float before = (left_m_s_ + right_m_s_) / 2;
  // The slope pulls at the wheels; their gears hold most of it.
  const float pull = -kGravity * std::sin(pose_.pitch) * 0.06f;
  left_m_s_ += ((wheelSpeed(left_) - left_m_s_) / kLag + (left_ == 0 ? 0 : pull)) * kStep;
  right_m_s_ += ((wheelSpeed(right_) - right_m_s_) / kLag + (right_ == 0 ? 0 : pull)) * kStep;
  const float speed = (left_m_s_ + right_m_s_) / 2;
  turn_rad_s_ = (left_m_s_ - right_m_s_) / kTrack * kSlipInTurns;
  forward_m_s2_ = (speed - before) / kStep;
  pose_.heading = std::remainder(pose_.heading + turn_rad_s_ * kStep, 2 * 3.14159265f);
  const float way = speed * std::cos(pose_.pitch) * kStep;
  pose_.x += way * std::sin(pose_.heading);
  pose_.z += way * std::cos(pose_.heading);
  jolt_g_ *= 0.9f;
  collide();
  settle();
}

void Rover::collide() {
  float push_x = std::clamp(pose_.x, -kYardHalfWidth + kRadius, kYardHalfWidth - kRadius) - pose_.x;
  float push_z = std::clamp(pose_.z, -kYardHalfDepth + kRadius, kYardHalfDepth - kRadius) - pose_.z;
  for (const Obstacle& one : obstacles()) {
    const float dx = pose_.x - one.x, dz = pose_.z - one.z;
    const float distance = std::max(std::hypot(dx, dz), 1e-4f), reach = one.radius + kRadius;
    if (distance >= reach) continue;
    push_x += dx / distance * (reach - distance);
    push_z += dz / distance * (reach - distance);
  }
  if (push_x == 0 && push_z == 0) return;
  pose_.x += push_x;
  pose_.z += push_z;
  const float speed = (left_m_s_ + right_m_s_) / 2;
  const float size = std::hypot(push_x, push_z);
  // How squarely it ran into it, of 1.
  const float square =
      -(push_x * std::sin(pose_.heading) + push_z * std::cos(pose_.heading)) / size * (speed < 0 ? -1.0f : 1.0f);
  if (square <= 0) return;
  jolt_g_ = std::max(jolt_g_, std::fabs(speed) * square * 0.8f);
  left_m_s_ *= 1 - 0.9f * square;
  right_m_s_ *= 1 - 0.9f * square;
}

void Rover::settle() {
  const float sine = std::sin(pose_.heading), cosine = std::cos(pose_.heading);
  const auto wheel = [&, x = pose_.x, z = pose_.z](float right, float forward) {
    return groundHeight(x + right * cosine + forward * sine, z - right * sine + forward * cosine);
  };
  const float fl = wheel(-kTrack / 2, kBase / 2), fr = wheel(kTrack / 2, kBase / 2);
  const float rl = wheel(-kTrack / 2, -kBase / 2), rr = wheel(kTrack / 2, -kBase / 2);
  pose_.y = (fl + fr + rl + rr) / 4;
  pose_.pitch = std::atan((fl + fr - rl - rr) / 2 / kBase);
  pose_.roll = std::atan((fl + rl - fr - rr) / 2 / kTrack);
}

rh::hw::Acceleration Rover::acceleration(std::int64_t now_ns) {
  const rh::Lock lock(mutex_);
  advance(now_ns);
  const float speed = (left_m_s_ + right_m_s_) / 2;
  const float shake = 0.004f + 0.02f * std::fabs(speed);
  const float x = -std::sin(pose_.pitch) - forward_m_s2_ / kGravity + jolt_g_ * chance() * 0.5f;
  const float y = -std::sin(pose_.roll) * std::cos(pose_.pitch) + speed * turn_rad_s_ / kGravity;
  const float z = std::cos(pose_.pitch) * std::cos(pose_.roll) + jolt_g_ * chance() * 0.3f;
  return {x + shake * chance(), y + shake * chance(), z + shake * chance()};
}

rh::hw::Climate Rover::climate(std::int64_t now_ns) {
  const rh::Lock lock(mutex_);
  advance(now_ns);
  const double hours = static_cast<double>(t_ns_ - begun_ns_) / 3.6e12;
  const double temperature_cel = 19.5 + 3 * std::sin(hours * 7.1) + 0.8 * std::sin(hours * 61) + 0.05 * chance();
  const double pressure_pa = 100'900 + 180 * std::sin(hours * 4.3 + 1) - 12.0 * pose_.y + 1.5 * chance();
  return {temperature_cel, pressure_pa};
}

float Rover::chance() {
  float sum = 0;
  for (int i = 0; i < 4; ++i) {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;
    sum += static_cast<float>(random_ >> 40) / 8388608.0f - 1;
  }
  return sum * 0.866f;
}

}  // namespace motor_robot
