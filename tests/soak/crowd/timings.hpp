// Durations of an hour in a few kilobytes: logarithmic buckets, each at most 3 % wide, for the whole run and for the
// time since somebody last looked.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>

namespace soak {

// Pure.
class Histogram {
 public:
  void add(std::int64_t ns);
  void add(const Histogram& others);
  std::uint64_t count() const { return count_; }
  // The upper end of the bucket in which the sample of that rank lies; 0 without samples. `percent` from 0 to 100.
  double percentileMs(double percent) const;

 private:
  static constexpr int kSteps = 32;  // a power of two
  static constexpr std::size_t kBuckets = 1024;
  static std::size_t bucketOf(std::uint64_t us);
  static std::uint64_t upperUs(std::size_t bucket);
  std::array<std::uint32_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
};

// Thread-safe.
class Timings {
 public:
  void add(std::int64_t ns);
  Histogram whole() const;
  // What came since the last call.
  Histogram takeWindow();

 private:
  mutable std::mutex mutex_;  // guards both
  Histogram whole_, window_;
};

}  // namespace soak
