// Segments that were begun and not finished.
#include <catch2/catch.hpp>
#include <thread>

#include "media/capture_joiner.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

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
