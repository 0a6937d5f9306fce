// Which rows of a batch are new, and what stands in the file afterwards.
#include "telemetry/raw_file.hpp"

#include <map>

#include "telemetry_rig.hpp"

using namespace robohub;
using namespace robohub::telemetry;
using namespace robohub::telemetry::test;

namespace {

using Stored = std::map<std::pair<std::int64_t, std::int64_t>, double>;

class File {
 public:
  File() { open(); }

  void open() {
    file_.reset();
    auto opened = RawFile::open(period_);
    REQUIRE(opened);
    file_ = std::move(*opened);
  }
  // Those that were new.
  Stored write(std::vector<RawRow> rows) {
    const auto kept = file_->write(++seq_, rows, [this](std::int64_t id) { return id == gone ? nullptr : &key_; });
    REQUIRE(kept);
    REQUIRE(*kept <= rows.size());
    Stored fresh;
    for (std::size_t i = 0; i < *kept; ++i)
      REQUIRE(fresh.emplace(std::pair(rows[i].series, rows[i].t_ms), rows[i].value).second);
    return fresh;
  }
  void erase(std::int64_t series) { REQUIRE(file_->erase({series}, 1'000'000).value_or(false)); }
  Stored stored() {
    auto session = store::Session::open(period_.path.string(), store::Session::Role::reader);
    REQUIRE(session);
    Stored all;
    for (std::int64_t series = 0; (series = nextSeries(**session, series).value()) != 0;)
      REQUIRE(readRaw(**session, series, {kStart, kStart + kPeriodMs}, 1'000'000,
                      [&](std::int64_t t, double value) { return all.emplace(std::pair(series, t), value).second; }));
    return all;
  }

  std::int64_t gone = -1;  // a series that was erased, and that nobody can describe

 private:
  robohub::test::TempFolder folder_;
  const RawPeriod period_ = RawPeriod::of(folder_.path(), kStart);
  const SeriesKey key_{"d1", "climate", {.pointer = "/temperature_cel", .title = "", .unit = "Cel"}};
  std::int64_t seq_ = 0;
  std::unique_ptr<RawFile> file_;
};

std::vector<RawRow> rowsOf(std::int64_t series, std::int64_t from, std::int64_t to, double value) {
  std::vector<RawRow> rows;
  for (std::int64_t i = from; i < to; ++i) rows.push_back({series, kStart + i, value});
  return rows;
}

Stored asStored(const std::vector<RawRow>& rows) {
  Stored stored;
  for (const RawRow& row : rows) stored.emplace(std::pair(row.series, row.t_ms), row.value);
  return stored;
}

}  // namespace

TEST_CASE("a batch of any size is written whole, and every row is new") {
  for (const int count : {1, 2, 31, 32, 33, 64, 65, 1000}) {
    INFO(count);
    File file;
    const auto rows = rowsOf(1, 0, count, 0.5);
    CHECK(file.write(rows) == asStored(rows));
    CHECK(file.stored() == asStored(rows));
    CHECK(file.write(rows).empty());
  }
}

TEST_CASE("rows that the file has already are left out, at the beginning, in the middle, at the end or all of them") {
  const bool reopened = GENERATE(false, true);
  const auto [from, to] = GENERATE(
      values<std::pair<int, int>>({{0, 5}, {20, 30}, {60, 80}, {110, 120}, {20, 120}, {70, 71}, {0, 25}, {115, 140}}));
  INFO(reopened << " " << from << " " << to);
  File file;
  Stored all = file.write(rowsOf(2, from, to, 1));
  if (reopened) file.open();
  std::vector<RawRow> rows;
  for (const std::int64_t series : {1, 2, 3})
    for (const RawRow& row : rowsOf(series, 20, 120, 2)) rows.push_back(row);
  const Stored fresh = file.write(rows);
  Stored expected = asStored(rows);
  for (const auto& [at, value] : all) expected.erase(at);
  CHECK(fresh == expected);
  all.insert(fresh.begin(), fresh.end());
  CHECK(file.stored() == all);
}

TEST_CASE("of rows of one time in one batch the first is kept") {
  File file;
  std::vector<RawRow> rows;
  for (int i = 0; i < 100; ++i)
    for (int again = 0; again <= (i % 7 == 0 ? 2 : 0); ++again) rows.push_back({1, kStart + i, i + again * 1000.0});
  CHECK(file.write(rows) == asStored(rows));
  CHECK(file.stored() == asStored(rows));
}

TEST_CASE("a series that was erased meanwhile is left out, and the batch around it is kept") {
  File file;
  std::vector<RawRow> rows, others;
  for (const std::int64_t series : {1, 2, 3})
    for (const RawRow& row : rowsOf(series, 0, 50, 3)) {
      rows.push_back(row);
      if (series != 2) others.push_back(row);
    }
  CHECK(file.write(rows) == asStored(rows));
  file.erase(2);
  CHECK(file.stored() == asStored(others));
  file.gone = 2;
  CHECK(file.write(rows).empty());
  file.gone = -1;
  CHECK(file.write(rows) == asStored(rowsOf(2, 0, 50, 3)));  // nothing of it is remembered
  CHECK(file.stored() == asStored(rows));
}

TEST_CASE("whatever comes in whatever order, rows are told to be new exactly when the file did not have them") {
  File file;
  Stored all;
  std::mt19937 random(7);
  for (int batch = 0; batch < 200; ++batch) {
    std::vector<RawRow> rows;
    const auto count = 1 + random() % 150;
    for (std::size_t i = 0; i < count; ++i)
      rows.push_back({static_cast<std::int64_t>(1 + random() % 5),
                      kStart + batch * 20 + static_cast<std::int64_t>(random() % 60), random() % 100 / 4.0});
    std::stable_sort(rows.begin(), rows.end(), [](const RawRow& a, const RawRow& b) {
      return a.series != b.series ? a.series < b.series : a.t_ms < b.t_ms;
    });
    Stored expected;
    for (const auto& [at, value] : asStored(rows))
      if (!all.contains(at)) expected.emplace(at, value);
    REQUIRE(file.write(rows) == expected);
    all.merge(expected);
    if (random() % 20 == 0) file.open();
  }
  CHECK(file.stored() == all);
}
