#include "telemetry/rollup.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "telemetry/plan.hpp"

using namespace robohub::telemetry;

namespace {

struct Value {
  std::int64_t t = 0;
  double value = 0;
};

// What a step is, worked out the slow way.
std::map<std::int64_t, Bucket> bruteForce(const std::vector<Value>& values, std::int64_t width) {
  std::map<std::int64_t, Bucket> steps;
  for (const Value& one : values) {
    Bucket& bucket = steps[floorTo(one.t, width)];
    bucket.t = floorTo(one.t, width);
    bucket.min = bucket.n == 0 ? one.value : std::min(bucket.min, one.value);
    bucket.max = bucket.n == 0 ? one.value : std::max(bucket.max, one.value);
    bucket.sum += one.value;
    ++bucket.n;
  }
  return steps;
}

void same(const std::vector<Bucket>& got, const std::map<std::int64_t, Bucket>& wanted) {
  REQUIRE(got.size() == wanted.size());
  auto at = wanted.begin();
  for (const Bucket& bucket : got) {
    CHECK(bucket == at->second);  // whole numbers: sums are exact
    ++at;
  }
}

std::vector<Value> walk(std::mt19937_64& random, std::size_t count, bool steps_of_clock) {
  std::vector<Value> values;
  std::int64_t t = 1'700'000'000'000 + static_cast<std::int64_t>(random() % 10'000'000);
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back({t, static_cast<double>(static_cast<std::int64_t>(random() % 2001) - 1000)});
    t += static_cast<std::int64_t>(random() % 40'000);
    if (steps_of_clock && random() % 50 == 0) t -= static_cast<std::int64_t>(random() % 3'000'000);
  }
  return values;
}

}  // namespace

TEST_CASE("roll-ups in memory are what brute force says, on every level, whatever the clock did") {
  std::mt19937_64 random(41);
  for (int round = 0; round < 60; ++round) {
    const auto values = walk(random, 1 + random() % 800, round % 2 == 0);
    SeriesRoll roll;
    for (const Value& one : values) roll.add(one.t, one.value);
    std::size_t count = 0;
    for (std::size_t level = 0; level < kSteps.size(); ++level) {
      same(roll.level(level), bruteForce(values, kSteps[level]));
      count += roll.level(level).size();
    }
    CHECK(roll.count() == count);
  }
}

TEST_CASE("roll-ups that were taken in parts and merged again are the same as at once") {
  std::mt19937_64 random(42);
  for (int round = 0; round < 40; ++round) {
    const auto values = walk(random, 300, true);
    SeriesRoll part;
    std::vector<Bucket> file;
    for (const Value& one : values) {
      part.add(one.t, one.value);
      if (random() % 20 == 0) file = united(file, part.take()[0]);
    }
    same(united(file, part.level(0)), bruteForce(values, kSteps[0]));
  }
}

TEST_CASE("neighbours merge into any multiple of their step and every figure stays true") {
  std::mt19937_64 random(43);
  for (int round = 0; round < 60; ++round) {
    auto values = walk(random, 500, false);
    for (std::size_t level = 0; level < kSteps.size(); ++level) {
      SeriesRoll roll;
      for (const Value& one : values) roll.add(one.t, one.value);
      const std::int64_t width = kSteps[level] * static_cast<std::int64_t>(1 + random() % 30);
      Merger merger(width);
      for (const Bucket& bucket : roll.level(level)) merger.add(bucket);
      same(merger.take(), bruteForce(values, width));
    }
  }
}

TEST_CASE("sums stay finite and means between the least and the greatest") {
  const double huge = std::numeric_limits<double>::max();
  Bucket bucket;
  for (const double value : {huge, huge, -huge, -huge, -huge, huge}) {
    bucket.add(value);
    CHECK(std::isfinite(bucket.sum));
    CHECK(std::isfinite(bucket.mean()));
    CHECK(bucket.mean() >= bucket.min);
    CHECK(bucket.mean() <= bucket.max);
  }
  Bucket other;
  other.add(-huge);
  bucket.merge(other);
  bucket.merge({});
  CHECK(std::isfinite(bucket.sum));
  CHECK(bucket.n == 7);
  Bucket tenths;
  for (int i = 0; i < 3; ++i) tenths.add(0.1);
  CHECK(tenths.mean() == 0.1);
}

TEST_CASE("steps begin at whole multiples, before 1970 too") {
  CHECK(floorTo(0, 60'000) == 0);
  CHECK(floorTo(59'999, 60'000) == 0);
  CHECK(floorTo(60'000, 60'000) == 60'000);
  CHECK(floorTo(-1, 60'000) == -60'000);
  CHECK(floorTo(-60'000, 60'000) == -60'000);
}

TEST_CASE("a plan never makes more points than were asked for") {
  std::mt19937_64 random(44);
  for (int round = 0; round < 5000; ++round) {
    const std::int64_t from = static_cast<std::int64_t>(random() % 2'000'000'000'000);
    const Span span{from, from + 1 + static_cast<std::int64_t>(random() % (1ULL << (1 + random() % 40)))};
    const std::size_t points = 1 + random() % 5000;
    Kept kept;
    kept.raw_from_ms = from + static_cast<std::int64_t>(random() % 200) - 100;
    kept.minutes_from_ms = from + static_cast<std::int64_t>(random() % 200) - 100;
    kept.rows = static_cast<std::int64_t>(random() % 1'000'000);
    kept.most_rows_a_series = static_cast<std::int64_t>(random() % 10'000);
    const Plan plan = planFor(span, points, kept);
    INFO("from " << span.from_ms << " to " << span.to_ms << " points " << points << " step " << plan.step_ms);
    if (plan.step_ms == 0) {
      CHECK(plan.level == Level::raw);
      CHECK(kept.most_rows_a_series <= static_cast<std::int64_t>(points));
      continue;
    }
    const std::int64_t steps =
        (floorTo(span.to_ms - 1, plan.step_ms) - floorTo(span.from_ms, plan.step_ms)) / plan.step_ms + 1;
    CHECK(steps <= static_cast<std::int64_t>(points));
    if (plan.level != Level::raw) CHECK(plan.step_ms % stepOf(plan.level) == 0);
    if (span.from_ms < kept.raw_from_ms) CHECK(plan.level != Level::raw);
    if (span.from_ms < kept.raw_from_ms && span.from_ms < kept.minutes_from_ms) CHECK(plan.level >= Level::ten_minutes);
  }
}

TEST_CASE("levels are chosen by what is kept and how much would have to be read") {
  const std::int64_t now = 1'763'712'000'000, hour = 3'600'000;
  Kept kept{now - 48 * hour, now - 40 * 24 * hour, 300, 600};
  CHECK(planFor({now - hour, now}, 500, kept).step_ms == 0);
  kept.most_rows_a_series = 36'000;
  kept.rows = 72'000;
  CHECK(planFor({now - hour, now}, 500, kept).level == Level::raw);
  CHECK(planFor({now - hour, now}, 500, kept).step_ms < 8000);
  kept.rows = 4'000'000;
  CHECK(planFor({now - hour, now}, 500, kept).level == Level::minute);
  CHECK(planFor({now - 720 * hour, now}, 500, kept).level == Level::ten_minutes);
  CHECK(planFor({now - 720 * hour, now}, 500, kept).step_ms == 9 * 600'000);
  CHECK(planFor({now - 9000 * hour, now}, 500, kept).level == Level::hour);
  CHECK(planFor({now - 9000 * hour, now}, 5000, kept).level == Level::ten_minutes);
  CHECK(planFor({now - 50 * hour, now}, 5000, kept).level == Level::minute);
}
