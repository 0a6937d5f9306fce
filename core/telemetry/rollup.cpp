#include "telemetry/rollup.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace robohub::telemetry {

namespace {
constexpr double kMost = std::numeric_limits<double>::max();
// Infinity minus infinity would be no number, and SQLite keeps that as nothing at all.
double finiteSum(double a, double b) {
  return std::clamp(a + b, -kMost, kMost);
}
}  // namespace

void Bucket::add(double value) {
  min = n == 0 ? value : std::min(min, value);
  max = n == 0 ? value : std::max(max, value);
  sum = n == 0 ? value : finiteSum(sum, value);
  ++n;
}

void Bucket::merge(const Bucket& other) {
  if (other.n == 0) return;
  min = n == 0 ? other.min : std::min(min, other.min);
  max = n == 0 ? other.max : std::max(max, other.max);
  sum = n == 0 ? other.sum : finiteSum(sum, other.sum);
  n += other.n;
}

double Bucket::mean() const {
  return std::clamp(sum / static_cast<double>(n), min, max);
}

void Merger::add(const Bucket& bucket) {
  const std::int64_t t = floorTo(bucket.t, width_ms_);
  if (merged_.empty() || merged_.back().t != t) merged_.push_back({.t = t});
  merged_.back().merge(bucket);
}

void Merger::add(std::int64_t t, double value) {
  const std::int64_t step = floorTo(t, width_ms_);
  if (merged_.empty() || merged_.back().t != step) merged_.push_back({.t = step});
  merged_.back().add(value);
}

std::vector<Bucket> united(const std::vector<Bucket>& one, const std::vector<Bucket>& other) {
  std::vector<Bucket> all;
  all.reserve(one.size() + other.size());
  std::merge(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(all),
             [](const Bucket& a, const Bucket& b) { return a.t < b.t; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (kept > 0 && all[kept - 1].t == all[i].t)
      all[kept - 1].merge(all[i]);
    else
      all[kept++] = all[i];
  }
  all.resize(kept);
  return all;
}

Bucket& SeriesRoll::at(std::size_t level, std::int64_t t) {
  std::vector<Bucket>& buckets = levels_[level];
  // Nearly always the newest; after a step of the clock somewhere before it.
  auto place = buckets.end();
  while (place != buckets.begin() && std::prev(place)->t > t) --place;
  if (place != buckets.begin() && std::prev(place)->t == t) return *std::prev(place);
  ++count_;
  return *buckets.insert(place, Bucket{.t = t});
}

void SeriesRoll::add(std::int64_t t, double value) {
  for (std::size_t level = 0; level < kSteps.size(); ++level) at(level, floorTo(t, kSteps[level])).add(value);
}

void SeriesRoll::merge(std::size_t level, const Bucket& bucket) {
  at(level, bucket.t).merge(bucket);
}

std::array<std::vector<Bucket>, kSteps.size()> SeriesRoll::take() {
  count_ = 0;
  return std::exchange(levels_, {});
}

}  // namespace robohub::telemetry
