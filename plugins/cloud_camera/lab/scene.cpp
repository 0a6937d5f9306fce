#include "cloud_camera/lab/scene.hpp"

#include <algorithm>
#include <cmath>

namespace cloud_camera {
namespace {

constexpr double kWalk_s = 6;
constexpr double kTau = 6.283185307179586;

// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): SplitMix64.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::uint8_t byte(double value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
}

}  // namespace

Scene::Scene(int width, int height, std::uint64_t seed, double every_s)
    : seed_(seed), every_s_(std::max(every_s, kWalk_s + 2)), background_(width, height), frame_(width, height) {
  paintBackground();
}

Scene::Walk Scene::walk(std::int64_t number) const {
  const std::uint64_t dice = mix(seed_ ^ static_cast<std::uint64_t>(number) * 0x2545f4914f6cdd1d);
  const double early = static_cast<double>(dice % 1000) / 1000;
  // The first one comes soon, for whoever has just started the lab.
  const double begin =
      number == 0 ? 3 : static_cast<double>(number) * every_s_ + (early - 0.5) * (every_s_ - kWalk_s) / 3;
  return {begin, kWalk_s * (0.8 + static_cast<double>(dice >> 10 & 255) / 640), (dice >> 20 & 1) != 0,
          static_cast<int>(dice >> 24 & 3)};
}

double Scene::walker(double t_s, Walk& who) const {
  const auto near = static_cast<std::int64_t>(t_s / every_s_);
  for (std::int64_t number = std::max<std::int64_t>(0, near - 1); number <= near + 1; ++number) {
    who = walk(number);
    const double at = (t_s - who.begin_s) / who.length_s;
    if (at >= 0 && at <= 1) return at;
  }
  return -1;
}

bool Scene::busy(double t_s) const {
  Walk who{};
  return walker(t_s, who) >= 0;
}

void Scene::box(double left, double top, double right, double bottom, int y, int u, int v) {
  Frame& f = frame_;
  const int x0 = std::clamp(static_cast<int>(left), 0, f.width), x1 = std::clamp(static_cast<int>(right), 0, f.width);
  const int y0 = std::clamp(static_cast<int>(top), 0, f.height), y1 = std::clamp(static_cast<int>(bottom), 0, f.height);
  for (int row = y0; row < y1; ++row)
    for (int x = x0; x < x1; ++x) {
      f.y[static_cast<std::size_t>(row) * static_cast<std::size_t>(f.width) + static_cast<std::size_t>(x)] =
          static_cast<std::uint8_t>(y);
      const auto colour =
          static_cast<std::size_t>(row / 2) * static_cast<std::size_t>(f.width / 2) + static_cast<std::size_t>(x / 2);
      f.u[colour] = static_cast<std::uint8_t>(u);
      f.v[colour] = static_cast<std::uint8_t>(v);
    }
}

void Scene::disc(double x, double y, double radius, int luma, int u, int v) {
  for (double row = -radius; row < radius; ++row) {
    const double half = std::sqrt(std::max(0.0, radius * radius - row * row));
    box(x - half, y + row, x + half, y + row + 1, luma, u, v);
  }
}

void Scene::paintBackground() {
  const double w = frame_.width, h = frame_.height;
  for (int row = 0; row < frame_.height; ++row) {
    const double down = row / h;
    if (down < 0.45)
      box(0, row, w, row + 1, static_cast<int>(150 - 90 * down), 138, 118);  // sky
    else
      box(0, row, w, row + 1, static_cast<int>(70 + 40 * (down - 0.45)), 118, 124);  // lawn
  }
  box(0.05 * w, 0.18 * h, 0.34 * w, 0.62 * h, 128, 120, 140);  // house
  box(0.10 * w, 0.26 * h, 0.17 * w, 0.38 * h, 200, 90, 150);   // a lit window
  box(0.23 * w, 0.36 * h, 0.30 * w, 0.62 * h, 60, 122, 144);   // its door
  box(0, 0.74 * h, w, 0.92 * h, 112, 126, 130);                // path
  for (int post = 0; post < 16; ++post)                        // fence
    box((0.42 + 0.036 * post) * w, 0.50 * h, (0.42 + 0.036 * post + 0.012) * w, 0.68 * h, 170, 126, 130);
  box(0.42 * w, 0.54 * h, w, 0.56 * h, 160, 126, 130);
  box(0.80 * w, 0.30 * h, 0.83 * w, 0.60 * h, 50, 122, 138);  // tree
  disc(0.815 * w, 0.26 * h, 0.11 * h, 74, 112, 118);
  background_ = frame_;
}

void Scene::paintWalker(double at, const Walk& who, double t_s) {
  static constexpr int kCoats[4][3] = {{190, 110, 150}, {60, 150, 120}, {40, 128, 170}, {150, 100, 110}};
  const auto& coat = kCoats[who.coat];
  const double w = frame_.width, h = frame_.height;
  const double x = (who.leftwards ? 1.1 - 1.2 * at : -0.1 + 1.2 * at) * w, ground = 0.86 * h, tall = 0.42 * h;
  const double step = std::sin(t_s * kTau * 1.4), bob = std::abs(step) * 0.01 * h;
  const double head = ground - tall - bob;
  for (const double leg : {step, -step}) {
    const double foot = x + leg * 0.05 * h;
    box((x + foot) / 2 - 0.022 * h, ground - 0.46 * tall, (x + foot) / 2 + 0.022 * h, ground - 0.2 * tall, 48, 132,
        124);
    box(foot - 0.022 * h, ground - 0.22 * tall, foot + 0.022 * h, ground, 44, 132, 124);
  }
  box(x - 0.055 * h, head + 0.18 * tall, x + 0.055 * h, ground - 0.4 * tall, coat[0], coat[1], coat[2]);
  disc(x, head + 0.09 * tall, 0.04 * h, 150, 112, 150);
}

const Frame& Scene::draw(double t_s) {
  // Clouds: the light of all changes slowly, as it does for a camera outdoors.
  const double light = 1 + 0.06 * std::sin(t_s * kTau / 47) + 0.04 * std::sin(t_s * kTau / 19 + 1);
  frame_.u = background_.u;
  frame_.v = background_.v;
  std::uint8_t brighter[256];
  for (int i = 0; i < 256; ++i) brighter[i] = byte(i * light);
  Walk who{};
  const double at = walker(t_s, who);
  frame_.y = background_.y;
  if (at >= 0) paintWalker(at, who, t_s);
  // And a sensor's noise: Marsaglia, "Xorshift RNGs" (2003).
  auto noise = static_cast<std::uint32_t>(mix(seed_ ^ static_cast<std::uint64_t>(t_s * 1e6))) | 1;
  for (auto& y : frame_.y) {
    noise ^= noise << 13;
    noise ^= noise >> 17;
    noise ^= noise << 5;
    y = byte(brighter[y] + static_cast<int>(noise & 3) - 1);
  }
  return frame_;
}

}  // namespace cloud_camera
