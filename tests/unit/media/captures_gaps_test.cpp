// What a device says about segments that it never sends.
#include <catch2/catch.hpp>

#include "media/captures_parts.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

std::int64_t rowsOfSegments(CaptureBench& bench) {
  std::int64_t count = -1;
  REQUIRE(bench.database->readNow([&](store::Session& database) -> Status {
    auto rows = database.prepare("SELECT count(*) FROM capture_segments").value();
    REQUIRE(rows.step());
    count = rows.integer(0);
    return {};
  }));
  return count;
}

}  // namespace

TEST_CASE("an end that claims thousands of segments leaves few rows, and none where nothing came") {
  CaptureBench bench;
  for (int i = 0; i < 3; ++i) {
    const CaptureId id = bench.begin("empty " + std::to_string(i)).value();
    REQUIRE(bench.end(id, kMaxSegments));
    REQUIRE(bench.end(id, kMaxSegments));
    CHECK(bench.captures->find(id)->state == CaptureState::failed);
    CHECK(bench.captures->find(id)->message == "Nothing of it came.");
  }
  CHECK(rowsOfSegments(bench) == 0);
  const CaptureId id = bench.begin("nearly empty").value();
  REQUIRE(bench.send(id, 5, mp4Silent()[0]));
  REQUIRE(bench.end(id, 4000));
  const CapturePtr capture = bench.joined(id);
  CHECK(capture->state == CaptureState::ready);
  CHECK(capture->gaps.size() == 64);
  CHECK(capture->message == "64 segments are not in the video.");
  CHECK(bench.segments(id).back().message == "It never came, and neither did 3935 after it.");
  REQUIRE(bench.end(id, kMaxSegments));
  CHECK(rowsOfSegments(bench) == 65);
}

TEST_CASE("an end that comes after all claims more does not make a failure of a complete video") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  REQUIRE(bench.end(id, 1));
  REQUIRE(bench.joined(id)->state == CaptureState::ready);
  bench.settle(id);
  REQUIRE(bench.end(id, 3));
  CHECK(bench.captures->find(id)->state == CaptureState::ready);
}

TEST_CASE("a hub starts however many segments never came") {
  robohub::test::TempFolder folder;
  const auto data = store::DataFolder::open(folder.path(), "test").value();
  store::DatabaseLimits limits;
  limits.read_time = std::chrono::milliseconds(100);
  const auto database = store::Database::open(*data, "hub.db", store::hubMigrations(), limits).value();
  REQUIRE(database->writeNow([](store::Session& session) -> Status {
    const char* captures =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
        "INSERT INTO captures (id, device, source_key, trigger, started_ms, created_ms, state) "
        "SELECT i, 'lab-camera', i, 'pir', 0, 0, 'failed' FROM n";
    const char* segments =
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4095) "
        "INSERT INTO capture_segments (capture, number, bytes, sha256, file, state) "
        "SELECT id, i, 0, zeroblob(32), '', 'refused' FROM captures, n";
    for (const char* sql : {captures, segments})
      if (auto done = session.run(sql); !done) return fail(done.error());
    return {};
  }));
  const MovedClock clock;
  const identity::Audit audit(*database, clock);
  CaptureSettings settings;
  settings.folder = folder.path() / "captures";
  auto captures = Captures::open({*database, audit, clock, {}, TEST_MEDIA_WORKER, {}, {}, {}}, settings);
  INFO((captures ? "" : captures.error().message));
  REQUIRE(captures);
  const auto gaps = (*captures)->find(200)->gaps;
  CHECK(gaps.size() == 4096);
  CHECK(std::is_sorted(gaps.begin(), gaps.end()));
  (*captures)->end();
  database->close();
}

TEST_CASE("an end that comes when the hub had ended the capture by itself makes it complete") {
  CaptureBench bench([](CaptureSettings& settings, CaptureParts&) { settings.idle = std::chrono::minutes(10); });
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  bench.clock.advance(std::chrono::minutes(11));
  bench.captures->tick();
  REQUIRE(bench.joined(id)->message == kEndedByItself);
  REQUIRE(bench.end(id, 1));
  CHECK(bench.joined(id)->state == CaptureState::ready);
  CHECK(bench.joined(id)->message == "");
  bench.settle(id);
  CHECK_FALSE(fs::exists(bench.file(id, "00000.seg")));
  CHECK(bench.captures->find(id)->bytes == static_cast<std::int64_t>(fs::file_size(bench.file(id, "video.mp4")) +
                                                                     fs::file_size(bench.file(id, "still.jpg"))));
}
