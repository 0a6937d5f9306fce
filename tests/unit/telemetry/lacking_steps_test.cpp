// Questions about a time of which the finest level that should be there is not.
#include "steps.hpp"

using namespace robohub;
using namespace robohub::telemetry;
using namespace robohub::telemetry::test;

namespace {

constexpr std::int64_t kHourMs = 3'600'000;

std::int64_t sum(const std::vector<Point>& points) {
  std::int64_t n = 0;
  for (const Point& point : points) n += point.n;
  return n;
}

}  // namespace

TEST_CASE("when telemetry.minutes is raised, what had gone before is answered by steps of ten minutes") {
  Settings settings = Rig::quick();
  settings.raw_keep = std::chrono::hours(8);
  settings.minutes_keep = std::chrono::hours(24);
  Rig rig(settings);
  rig.open();
  for (int hour = 0; hour < 72; ++hour) {
    rig.temperature(hour, rig.clock.ms());
    rig.history->flush();
    for (const int minutes : {47, 2, 11}) {
      rig.clock.advance(std::chrono::minutes(minutes));
      rig.history->flush();
    }
  }
  const std::int64_t now = rig.clock.ms(), day = now - 60 * kHourMs;
  REQUIRE(sum(rig.points(day, day + 10 * kHourMs, 500)) >= 9);
  settings.minutes_keep = std::chrono::hours(960);
  rig.history->configure(settings);
  CHECK(sum(rig.points(day, day + 10 * kHourMs, 500)) >= 9);
  CHECK_FALSE(rig.exported({{rig.device, "", day, day + 10 * kHourMs}, {}, Format::ndjson}).empty());
  // Where they are, they answer.
  CHECK(sum(rig.points(now - 20 * kHourMs, now, 500)) >= 19);
  CHECK(rig.step_ms < 600'000);
}

TEST_CASE("the time of a file of single values that was set aside is answered by its steps") {
  Rig rig;
  rig.open();
  for (int period = 0; period < 3; ++period) {
    for (int minute = 0; minute < 30; ++minute) {
      rig.temperature(minute, rig.clock.ms());
      rig.clock.advance(std::chrono::minutes(1));
    }
    rig.history->flush();
    rig.clock.advance(std::chrono::hours(4) - std::chrono::minutes(30));
    rig.history->flush();
  }
  rig.close();
  const auto files = rawPeriodsIn(rig.folder.path() / "history");
  REQUIRE(files.size() == 3);
  removeDatabase(files[1].path);
  rig.open();
  CHECK(sum(rig.points(kStart + 4 * kHourMs, kStart + 5 * kHourMs, 1000)) == 30);
  CHECK(sum(rig.points(kStart, kStart + 12 * kHourMs, 1000)) == 90);
  CHECK_FALSE(rig.exported({{rig.device, "", kStart + 4 * kHourMs, kStart + 5 * kHourMs}, {}, Format::ndjson}).empty());
  // What lies beside it still is single values.
  CHECK(sum(rig.points(kStart, kStart + kHourMs, 1000)) == 30);
  CHECK(rig.step_ms == 0);
}
