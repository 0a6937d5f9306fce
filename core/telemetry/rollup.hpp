// Roll-ups: what is left of single values after days. A bucket says how many values a step had, the least, the
// greatest and their sum, so that neighbours can be merged into a wider step and every figure stays true. Pure.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace robohub::telemetry {

// The rolled levels, the finest first.
inline constexpr std::array<std::int64_t, 3> kSteps{60'000, 600'000, 3'600'000};

// The beginning of the step that holds t; also right before 1970.
constexpr std::int64_t floorTo(std::int64_t t, std::int64_t step) {
  const std::int64_t rest = t % step;
  return t - (rest < 0 ? rest + step : rest);
}

struct Bucket {
  std::int64_t t = 0;  // its beginning
  std::int64_t n = 0;  // 0: empty, and the rest says nothing
  double min = 0, max = 0, sum = 0;

  // Finite values only; the sum stays finite.
  void add(double value);
  void merge(const Bucket& other);
  // Between min and max, whatever rounding did. n > 0.
  double mean() const;
  friend bool operator==(const Bucket&, const Bucket&) = default;
};

// Merges buckets or values, given in order of time, into steps of `width_ms`.
class Merger {
 public:
  explicit Merger(std::int64_t width_ms) : width_ms_(width_ms) {}
  void add(const Bucket& bucket);
  void add(std::int64_t t, double value);
  std::vector<Bucket> take() { return std::move(merged_); }

 private:
  std::int64_t width_ms_;
  std::vector<Bucket> merged_;
};

// Two lists in order of time, of the same steps, as one.
std::vector<Bucket> united(const std::vector<Bucket>& one, const std::vector<Bucket>& other);

// One series' roll-ups that are in memory only: what has come since they were last written. A bucket may be partly in
// the file already; figures are to be merged with what is there.
class SeriesRoll {
 public:
  void add(std::int64_t t, double value);
  void merge(std::size_t level, const Bucket& bucket);
  bool empty() const { return count_ == 0; }
  // Buckets of all levels.
  std::size_t count() const { return count_; }
  const std::vector<Bucket>& level(std::size_t level) const { return levels_[level]; }  // in order of time
  // What there is; empty afterwards.
  std::array<std::vector<Bucket>, kSteps.size()> take();

 private:
  Bucket& at(std::size_t level, std::int64_t t);
  std::array<std::vector<Bucket>, kSteps.size()> levels_;  // in order of time
  std::size_t count_ = 0;
};

}  // namespace robohub::telemetry
