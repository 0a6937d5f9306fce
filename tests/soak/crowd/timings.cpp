#include "soak/crowd/timings.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace soak {

// Below 2 * kSteps each microsecond has a bucket of its own; above, each power of two has kSteps of them.
std::size_t Histogram::bucketOf(std::uint64_t us) {
  if (us < 2 * kSteps) return us;
  const int shift = std::bit_width(us) - 1 - std::bit_width(unsigned(kSteps)) + 1;
  const std::size_t bucket = static_cast<std::size_t>(shift) * kSteps + static_cast<std::size_t>(us >> shift);
  return std::min(bucket, kBuckets - 1);
}

std::uint64_t Histogram::upperUs(std::size_t bucket) {
  if (bucket < 2 * kSteps) return bucket;
  const std::size_t shift = bucket / kSteps - 1;
  return ((bucket - shift * kSteps + 1) << shift) - 1;
}

void Histogram::add(std::int64_t ns) {
  ++buckets_[bucketOf(static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)) / 1000)];
  ++count_;
}

void Histogram::add(const Histogram& others) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += others.buckets_[i];
  count_ += others.count_;
}

double Histogram::percentileMs(double percent) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(percent / 100 * static_cast<double>(count_ - 1));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i)
    if ((seen += buckets_[i]) > rank) return static_cast<double>(upperUs(i)) / 1000;
  return 0;
}

void Timings::add(std::int64_t ns) {
  const std::lock_guard lock(mutex_);
  whole_.add(ns);
  window_.add(ns);
}

Histogram Timings::whole() const {
  const std::lock_guard lock(mutex_);
  return whole_;
}

Histogram Timings::takeWindow() {
  const std::lock_guard lock(mutex_);
  return std::exchange(window_, {});
}

}  // namespace soak
