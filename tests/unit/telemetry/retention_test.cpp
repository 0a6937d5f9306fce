// What goes for its age, and what a wrong clock must not take along.
#include "steps.hpp"

using namespace robohub;
using namespace robohub::telemetry;
using namespace robohub::telemetry::test;

namespace {

constexpr std::int64_t kDayMs = 24LL * 3'600'000;

std::int64_t sum(const std::vector<Point>& points) {
  std::int64_t n = 0;
  for (const Point& point : points) n += point.n;
  return n;
}

// Files of single values, and steps of all levels, that begin then or later.
int countFrom(Rig& rig, std::int64_t from_ms) {
  int count = 0;
  for (const RawPeriod& period : rawPeriodsIn(rig.folder.path() / "history")) count += period.start_ms >= from_ms;
  for (std::size_t level = 0; level < kSteps.size(); ++level)
    for (const auto& [at, bucket] : rolled(rig.folder.path(), level)) count += bucket.t >= from_ms;
  return count;
}

}  // namespace

TEST_CASE("old values go with their files, roll-ups after their time, and an uneven clock throws nothing away") {
  Settings settings = Rig::quick();
  settings.raw_keep = std::chrono::hours(8);
  settings.minutes_keep = std::chrono::hours(24);
  settings.rollup_keep = std::chrono::hours(48);
  Rig rig(settings);
  rig.open();
  auto look = [&] {
    rig.clock.advance(std::chrono::minutes(2));
    rig.history->flush();
    rig.clock.advance(std::chrono::minutes(11));  // the clock runs evenly
    rig.history->flush();
  };
  auto files = [&] {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(rig.folder.path() / "history"))
      count += entry.path().extension() == ".db";
    return count;
  };
  for (int hour = 0; hour < 72; ++hour) {
    rig.temperature(hour, rig.clock.ms());
    rig.history->flush();
    rig.clock.advance(std::chrono::minutes(47));
    look();
  }
  const std::int64_t now = rig.clock.ms();
  CHECK(files() <= 4);
  CHECK(files() >= 3);
  // Two days of tens of minutes, one of minutes, eight hours (and up to a period more) of values.
  CHECK(sum(rig.points(now - 90LL * 24 * 3'600'000, now, 500)) <= 50);
  CHECK(sum(rig.points(now - 90LL * 24 * 3'600'000, now, 500)) >= 46);
  const auto answer = rig.ask(now - 8 * 3'600'000, now, 500);
  REQUIRE(answer);
  CHECK(answer->raw_from_ms <= now - 8 * 3'600'000);
  CHECK(answer->step_ms == 0);

  // A clock that jumps a year ahead for a while costs nothing.
  const int before = files();
  const auto kept = sum(rig.points(now - 90LL * 24 * 3'600'000, now, 500));
  rig.clock.setWall(now + 365LL * 24 * 3'600'000);
  rig.temperature(1, rig.clock.ms());
  rig.history->flush();
  rig.clock.advance(std::chrono::minutes(5));
  rig.history->flush();
  CHECK(files() == before + 1);
  rig.clock.setWall(now + 600'000);
  rig.history->flush();
  CHECK(sum(rig.points(now - 90LL * 24 * 3'600'000, now, 500)) == kept);
  look();
  // What the wrong clock left is gone once the hub has run for as long as it is kept: a file, and a step of each level.
  const auto ahead = [&] { return countFrom(rig, now + kDayMs); };
  CHECK(ahead() == 4);
  for (const auto& [more, left] : {std::pair{8, 3}, std::pair{16, 2}, std::pair{24, 0}}) {
    rig.clock.advance(std::chrono::hours(more));
    rig.history->flush();
    CHECK(ahead() == left);
  }
}

TEST_CASE("a hub whose clock is behind from the start loses nothing that it takes for the future") {
  const auto behind_ms = GENERATE(as<std::int64_t>{}, kStart - 3 * kDayMs, 1'262'304'000'000);  // or in 2010
  Rig rig;
  rig.open();
  for (int hour = 0; hour < 40; ++hour) {
    rig.temperature(hour, rig.clock.ms());
    rig.clock.advance(std::chrono::hours(1));
    rig.history->flush();
  }
  rig.close();
  const std::int64_t now = rig.clock.ms();
  const auto values = [&] { return bruteForce(rig.folder.path(), 1); };
  const auto steps = [&](std::size_t level) { return rolled(rig.folder.path(), level); };
  const auto all = values();
  REQUIRE(all.size() == 40);
  const std::vector<Steps> rolls{steps(0), steps(1), steps(2)};
  REQUIRE(rolls[2].size() == 40);

  const auto runFor = [&](int minutes) {
    for (int minute = 0; minute < minutes; ++minute) {
      rig.clock.advance(std::chrono::minutes(1));
      rig.history->flush();
    }
  };
  rig.clock.setWall(behind_ms);
  rig.open();
  runFor(60);
  rig.clock.setWall(now + 3'600'000);
  runFor(15);
  CHECK(values() == all);
  for (std::size_t level = 0; level < kSteps.size(); ++level) {
    INFO("level " << level);
    CHECK(steps(level) == rolls[level]);
  }
}
