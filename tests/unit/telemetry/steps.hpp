// What roll-ups must be, and what they are, read from the files themselves.
#pragma once
#include <map>

#include "telemetry/raw_file.hpp"
#include "telemetry_rig.hpp"

namespace robohub::telemetry::test {

using Steps = std::map<std::pair<std::string, std::int64_t>, Bucket>;  // by field and time

// From the single values.
inline Steps bruteForce(const std::filesystem::path& folder, std::int64_t width) {
  Steps steps;
  for (const RawPeriod& period : rawPeriodsIn(folder / "history")) {
    auto session = store::Session::open(period.path.string(), store::Session::Role::reader);
    REQUIRE(session);
    auto rows = (*session)->prepare("SELECT s.field, r.t, r.v FROM raw r JOIN series s ON s.id = r.series");
    REQUIRE(rows);
    while (*rows->step()) {
      const std::int64_t t = floorTo(rows->integer(1), width);
      Bucket& bucket = steps[{rows->text(0), t}];
      bucket.t = t;
      bucket.add(rows->real(2));
    }
  }
  return steps;
}

// As history.db has them.
inline Steps rolled(const std::filesystem::path& folder, std::size_t level) {
  Steps steps;
  auto session = store::Session::open((folder / "history.db").string(), store::Session::Role::reader);
  REQUIRE(session);
  const char* tables[] = {"rollup_1", "rollup_10", "rollup_60"};
  auto rows = (*session)->prepare(std::string("SELECT s.field, r.t, r.n, r.min, r.max, r.sum FROM ") + tables[level] +
                                  " r JOIN series s ON s.id = r.series");
  REQUIRE(rows);
  while (*rows->step())
    steps[{rows->text(0), rows->integer(1)}] = {rows->integer(1), rows->integer(2), rows->real(3), rows->real(4),
                                                rows->real(5)};
  return steps;
}

}  // namespace robohub::telemetry::test
