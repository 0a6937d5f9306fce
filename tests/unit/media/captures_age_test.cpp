// What is deleted or ended because time has passed, and clocks that say so wrongly.
#include <catch2/catch.hpp>

#include "media/captures_parts.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;
using namespace std::chrono_literals;

namespace {

constexpr Duration kDay = 24h;

CaptureId readyOne(CaptureBench& bench, const std::string& key) {
  const CaptureId id = bench.begin(key).value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  REQUIRE(bench.end(id, 1));
  REQUIRE(bench.joined(id)->state == CaptureState::ready);
  return id;
}

bool isThereAfter(CaptureBench& bench, CaptureId id, Duration more) {
  bench.clock.advance(more);
  bench.captures->tick();
  return bench.captures->find(id) != nullptr;
}

// What is queued for the files of this capture and for the store is done; nobody hears of the capture meanwhile.
void flush(CaptureBench& bench, CaptureId id) {
  std::promise<void> done;
  REQUIRE(bench.captures->parts().writers.run(id, [&] { done.set_value(); }));
  done.get_future().wait();
  REQUIRE(bench.database->writeNow([](store::Session&) -> Status { return {}; }));
}

}  // namespace

TEST_CASE("a wall clock that jumps ahead deletes no captures of an earlier run, and their real age does") {
  CaptureBench bench;  // 30 days are kept
  const CaptureId id = readyOne(bench, "k");
  bench.restart();
  bench.captures->tick();
  CHECK(isThereAfter(bench, id, 11min));
  bench.clock.stepWall(40 * kDay);
  CHECK(isThereAfter(bench, id, 0min));
  CHECK(isThereAfter(bench, id, 9min));
  bench.clock.stepWall(-40 * kDay);
  for (int i = 0; i < 3; ++i) CHECK(isThereAfter(bench, id, 9min));
  CHECK_FALSE(isThereAfter(bench, id, 31 * kDay));
}

TEST_CASE("a capture that ended while the wall clock was far behind is as old as it really is") {
  CaptureBench bench;
  bench.clock.stepWall(-40 * kDay);  // a board without a battery
  const CaptureId id = readyOne(bench, "k");
  bench.clock.stepWall(40 * kDay);
  CHECK(isThereAfter(bench, id, 0min));
  CHECK(isThereAfter(bench, id, 11min));
  CHECK_FALSE(isThereAfter(bench, id, 31 * kDay));
}

TEST_CASE("a capture is heard of as long as bytes of a segment come, however long that takes") {
  CaptureBench bench([](CaptureSettings& settings, CaptureParts&) { settings.idle = 10min; });
  const std::string bytes(20'000, 'a');
  const CaptureId id = bench.begin("k").value();
  auto sending = bench.start(id, bench.announced(0, bytes));
  REQUIRE(sending.offset());
  for (std::size_t at = 0; at < bytes.size(); at += 5000) {
    sending.writer->write(std::string_view(bytes).substr(at, 5000), at);
    flush(bench, id);
    bench.clock.advance(9min);
    bench.captures->tick();
    flush(bench, id);
    CHECK(bench.captures->find(id)->state == CaptureState::open);
  }
  CHECK(bench.finish(*sending.writer));
}

TEST_CASE("an open capture that waits for its quota stays open, however long that lasts") {
  CaptureBench bench([](CaptureSettings& settings, CaptureParts&) {
    settings.device_quota_bytes = 1'500'000;
    settings.idle = 10min;
  });
  const std::string bytes(1'000'000, 'x');
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, bytes));
  for (int i = 0; i < 3; ++i) {
    bench.clock.advance(6min);
    const Status refused = bench.send(id, 1, bytes);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::exhausted);
    bench.captures->tick();
    // What ticking would change is written before this.
    CHECK(bench.database->writeNow([](store::Session&) -> Status { return {}; }));
    CHECK(bench.captures->find(id)->state == CaptureState::open);
  }
}
