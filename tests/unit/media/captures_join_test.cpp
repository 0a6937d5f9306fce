#include <catch2/catch.hpp>

#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

CapturePtr joinAll(CaptureBench& bench, const std::vector<std::string>& segments, const std::string& format,
                   const std::string& key = "pir.1") {
  const CaptureId id = bench.begin(key).value();
  for (std::uint32_t i = 0; i < segments.size(); ++i) REQUIRE(bench.send(id, i, segments[i], format));
  REQUIRE(bench.end(id, static_cast<std::uint32_t>(segments.size())));
  return bench.joined(id);
}

}  // namespace

TEST_CASE("segments become one video whose length is their sum") {
  CaptureBench bench;
  struct Kind {
    const char* name;
    std::vector<std::string> segments;
    const char* format;
    bool sound;
  };
  const Kind kinds[] = {{"mp4 with sound", mp4WithSound(), "mp4", true},
                        {"mp4 with pictures out of order", mp4Silent(), "mp4", false},
                        {"ts with sound", tsWithSound(), "ts", true},
                        {"ts without sound", tsSilent(), "ts", false}};
  for (const Kind& kind : kinds) {
    INFO(kind.name);
    const CapturePtr capture = joinAll(bench, kind.segments, kind.format, kind.name);
    INFO(capture->message);
    REQUIRE(capture->state == CaptureState::ready);
    CHECK(std::abs(capture->duration_ms - 6000) <= 25);  // the first begins with the priming of its sound
    CHECK(capture->width == 320);
    CHECK(capture->height == 240);
    CHECK(capture->gaps.empty());
    CHECK(capture->message == "");
    const Probe found = probe(bench.file(capture->id, "video.mp4"));
    CHECK(found.duration_s == Approx(6.0).margin(0.06));
    CHECK(found.monotonic);
    CHECK(found.pictures == 150);
    CHECK((found.sounds > 250) == kind.sound);
    // The index stands before the pictures, so that a player begins at once.
    const std::string video = readFile(bench.file(capture->id, "video.mp4"));
    CHECK(video.find("moov") < video.find("mdat"));
    CHECK(readFile(bench.file(capture->id, "still.jpg")).substr(0, 3) == "\xff\xd8\xff");
    // Every picture can be decoded.
    CHECK_NOTHROW(run("ffmpeg -v error -xerror -i '" + bench.file(capture->id, "video.mp4").string() + "' -f null -"));
    bench.settle(capture->id);
    CHECK_FALSE(fs::exists(bench.file(capture->id, "00000.seg")));
    CHECK(capture->bytes ==
          static_cast<std::int64_t>(video.size() + fs::file_size(bench.file(capture->id, "still.jpg"))));
  }
}

TEST_CASE("originals stay where the settings say so") {
  CaptureBench bench([](CaptureSettings& settings, CaptureParts&) { settings.keep_originals = true; });
  const auto parts = mp4Silent();
  const CapturePtr capture = joinAll(bench, parts, "mp4");
  REQUIRE(capture->state == CaptureState::ready);
  bench.settle(capture->id);
  CHECK(readFile(bench.file(capture->id, "00001.seg")) == parts[1]);
}

TEST_CASE("a segment of another encoder, size or container is refused by its number, and the rest is joined") {
  CaptureBench bench;
  const auto good = mp4Silent();
  const auto small = makeSegments("small", "-map 0 -s 160x120", "mp4");
  const auto other = makeSegments("other", "-map 0 -profile:v baseline -x264-params ref=3:bframes=0", "mp4");
  const std::pair<const char*, std::string> wrong[] = {{"size", small[1]},
                                                       {"encoder", other[1]},
                                                       {"container", tsSilent()[1]},
                                                       {"sound", mp4WithSound()[1]},
                                                       {"MP4", "#EXTM3U\n/etc/passwd\nhttp://127.0.0.1:1/x.ts\n"},
                                                       {"damaged", good[1].substr(0, good[1].size() / 2)},
                                                       {"MP4", std::string(1000, 'x')}};
  for (const auto& [why, bytes] : wrong) {
    INFO(why);
    const CapturePtr capture =
        joinAll(bench, {good[0], bytes, good[2]}, "mp4", std::string("with ") + std::to_string(bytes.size()));
    INFO(capture->message);
    REQUIRE(capture->state == CaptureState::ready);
    CHECK(capture->gaps == std::vector<std::uint32_t>{1});
    CHECK(std::abs(capture->duration_ms - 4000) <= 20);
    CHECK(capture->message == "One segment is not in the video.");
    const auto segments = bench.segments(capture->id);
    REQUIRE(segments.size() == 3);
    CHECK(segments[0].state == SegmentState::joined);
    CHECK(segments[1].state == SegmentState::refused);
    INFO(segments[1].message);
    CHECK(segments[1].message.find(why) != std::string::npos);
    // What is not complete keeps its originals.
    CHECK(fs::exists(bench.file(capture->id, "00001.seg")));
  }
}

TEST_CASE("a capture of which no segment can be read fails and says why; others go on") {
  CaptureBench bench;
  const CapturePtr bad = joinAll(bench, {std::string(5000, 'x'), std::string(100, 'y')}, "mp4", "bad");
  CHECK(bad->state == CaptureState::failed);
  CHECK(bad->message == "No segment of it can be read. It is neither MP4 nor MPEG-TS.");
  CHECK(joinAll(bench, mp4Silent(), "mp4", "good")->state == CaptureState::ready);
}

TEST_CASE("a segment that comes after the end is joined as well, where the originals are still there") {
  CaptureBench bench;
  const auto parts = mp4WithSound();
  const CaptureId id = bench.begin("late").value();
  REQUIRE(bench.send(id, 0, parts[0]));
  REQUIRE(bench.send(id, 2, parts[2]));
  REQUIRE(bench.end(id, 3));
  CHECK(bench.joined(id)->gaps == std::vector<std::uint32_t>{1});
  REQUIRE(bench.send(id, 1, parts[1]));
  CHECK(bench.captures->find(id)->state == CaptureState::open);
  REQUIRE(bench.end(id, 3));
  const CapturePtr whole = bench.joined(id);
  CHECK(whole->gaps.empty());
  CHECK(std::abs(whole->duration_ms - 6000) <= 25);
  // Now it is complete: its originals are gone, and nothing more fits.
  bench.settle(id);
  CHECK(bench.send(id, 1, parts[1]));
  const Status more = bench.send(id, 3, parts[1]);
  REQUIRE_FALSE(more);
  CHECK(more.error().code == ErrorCode::conflict);
  CHECK(bench.end(id, 3));
}

TEST_CASE("a worker that is not there leaves captures waiting, and they are joined when it is") {
  robohub::test::TempFolder programs;
  const fs::path worker = programs.path() / "worker";
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { parts.worker = worker; });
  const auto parts = mp4Silent();
  const CaptureId id = bench.begin("waiting").value();
  REQUIRE(bench.send(id, 0, parts[0]));
  REQUIRE(bench.end(id, 1));
  for (int i = 0; i < 500 && bench.captures->figures().worker_failed_ms == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  CHECK(bench.captures->figures().worker_failure.find("cannot be started") != std::string::npos);
  CHECK(bench.captures->find(id)->state == CaptureState::joining);
  fs::create_symlink(TEST_MEDIA_WORKER, worker);
  bench.captures->tick();
  CHECK(bench.joined(id)->state == CaptureState::ready);
}
