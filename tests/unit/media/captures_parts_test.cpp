// Segments that were begun and not finished.
#include <catch2/catch.hpp>
#include <thread>

#include "media/capture_joiner.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

// Sends this much of a segment and gives up. What the hub says of it.
Status sendSome(CaptureBench& bench, CaptureId id, std::uint32_t number, const std::string& all, std::size_t bytes) {
  {
    auto sending = bench.start(id, bench.announced(number, all));
    if (const auto offset = sending.offset(); !offset) return fail(offset.error());
    sending.writer->write(std::string_view(all).substr(0, bytes), 0);
    bench.settle(id);
  }
  bench.settle(id);
  return {};
}

// Whether so much counts as used, soon: a sender that is gone gives back its room behind what is queued.
bool uses(CaptureBench& bench, std::int64_t bytes) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (bench.captures->figures().bytes != bytes) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace

TEST_CASE("what came of segments that were given up counts for the quota until it is stored or removed") {
  CaptureBench bench([](CaptureSettings& settings, CaptureParts&) { settings.quota_bytes = 3'000'000; });
  const std::string bytes(1'000'000, 'x');
  const CaptureId id = bench.begin("k").value();
  REQUIRE(sendSome(bench, id, 0, bytes, 800'000));
  CHECK(uses(bench, 800'000));
  REQUIRE(sendSome(bench, id, 1, bytes, 700'000));
  REQUIRE(sendSome(bench, id, 2, bytes, 600'000));
  CHECK(uses(bench, 2'100'000));
  const Status refused = sendSome(bench, id, 3, bytes, 700'000);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::exhausted);
  // Also after a restart, and each one's own room is still there for it.
  bench.restart();
  CHECK(uses(bench, 2'100'000));
  REQUIRE(bench.send(id, 0, bytes));
  CHECK(uses(bench, 2'300'000));
  REQUIRE(bench.erase(id));
  bench.settle(id);
  CHECK(uses(bench, 0));
}

TEST_CASE("an upload that another one replaces gives its room back") {
  CaptureBench bench;
  const std::string bytes(1'000'000, 'x');
  const CaptureId id = bench.begin("k").value();
  {
    auto older = bench.start(id, bench.announced(0, bytes));
    REQUIRE(older.offset());
    older.writer->write(std::string_view(bytes).substr(0, 300'000), 0);
    bench.settle(id);
    auto newer = bench.start(id, bench.announced(0, bytes));
    CHECK(newer.offset().value() == 300'000);
    older.writer.reset();
    bench.settle(id);
    CHECK(uses(bench, 1'000'000));
  }
  bench.settle(id);
  CHECK(uses(bench, 300'000));
  REQUIRE(bench.send(id, 0, bytes));
  CHECK(uses(bench, 1'000'000));
}

TEST_CASE("what was not finished goes from the disk when its capture is ready or has failed") {
  CaptureBench bench;
  const std::string bytes(1'000'000, 'x');
  const CaptureId ready = bench.begin("ready").value(), failed = bench.begin("failed").value();
  REQUIRE(bench.send(ready, 0, mp4Silent()[0]));
  REQUIRE(sendSome(bench, ready, 1, bytes, 300'000));
  REQUIRE(sendSome(bench, failed, 0, bytes, 300'000));
  REQUIRE(bench.end(ready, 2));
  REQUIRE(bench.end(failed, 1));
  const CapturePtr capture = bench.joined(ready);
  REQUIRE(capture->state == CaptureState::ready);
  REQUIRE(bench.joined(failed)->state == CaptureState::failed);
  bench.settle(ready);
  bench.settle(failed);
  CHECK_FALSE(fs::exists(bench.file(ready, "00001.part")));
  CHECK_FALSE(fs::exists(bench.file(failed, "00000.part")));
  CHECK(uses(bench, capture->bytes));
}

TEST_CASE("a recording that had its name when the hub died is there afterwards") {
  CaptureBench bench;
  const CaptureId id = bench.begin("record-1", "lab-camera", "record").value();
  bench.close();
  fs::create_directories(bench.file(id, ""));
  std::ofstream(bench.file(id, "00000.seg"), std::ios::binary) << mp4Silent()[0];
  bench.open();
  const CapturePtr capture = bench.joined(id);
  INFO(capture->message);
  CHECK(capture->state == CaptureState::ready);
  CHECK(std::abs(capture->duration_ms - 2000) <= 20);
}

TEST_CASE("a recording whose row was there when the hub died counts once") {
  CaptureBench bench;
  const CaptureId id = bench.begin("record-1", "lab-camera", "record").value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  bench.restart();
  const CapturePtr capture = bench.joined(id);
  CHECK(capture->state == CaptureState::ready);
  CHECK(capture->bytes == static_cast<std::int64_t>(fs::file_size(bench.file(id, "video.mp4")) +
                                                    fs::file_size(bench.file(id, "still.jpg"))));
}
