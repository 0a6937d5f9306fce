// Captures on a disk that is nearly full: what is let in, what gives way, and what stays free for everything else.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <thread>

#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

constexpr std::int64_t kPlenty = 1LL << 40;

struct Disk {
  std::atomic<std::int64_t> free_bytes{kPlenty}, kept_bytes{0};
  std::atomic<int> looks{0};
  void of(CaptureParts& parts) {
    parts.disk = [this] {
      ++looks;
      return std::optional(DiskRoom{free_bytes.load(), kept_bytes.load()});
    };
  }
};

template <class Look>
bool comes(Look look) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < until) {
    if (look()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

// A capture that is over and may go: what came of it is no video.
CaptureId keep(CaptureBench& bench, const std::string& key, std::size_t bytes) {
  const CaptureId id = bench.begin(key).value();
  REQUIRE(bench.send(id, 0, std::string(bytes, 'x')));
  REQUIRE(bench.end(id, 1));
  REQUIRE(bench.joined(id)->state == CaptureState::failed);
  return id;
}

ErrorCode codeOf(const Status& status) {
  REQUIRE_FALSE(status);
  return status.error().code;
}

}  // namespace

TEST_CASE("where the disk is smaller than the quota the oldest captures give way, and none while nothing comes") {
  Disk disk;
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { disk.of(parts); });
  const CaptureId old = keep(bench, "old", 2'000'000), newer = keep(bench, "newer", 2'000'000);
  disk.free_bytes = 1'000'000;
  bench.captures->tick();
  CHECK(bench.captures->find(old));
  const CaptureId id = bench.begin("new").value();
  CHECK(bench.send(id, 0, std::string(1'500'000, 'y')));
  CHECK(bench.waitGone(old));
  CHECK(bench.captures->find(newer));
  // Where all of them are not enough, none goes.
  CHECK(codeOf(bench.send(id, 1, std::string(6'000'000, 'z'))) == ErrorCode::exhausted);
  CHECK(bench.captures->find(newer));
  // Nor is what is kept for stops and turns touched before captures are.
  disk.kept_bytes = 1'000'000;
  disk.free_bytes = 1'500'000;
  CHECK(bench.send(id, 1, std::string(100'000, 'z')));
  CHECK(bench.waitGone(newer));
}

TEST_CASE("where something else has filled the disk captures give way as well, and the next try finds room") {
  Disk disk;
  std::atomic<bool> room{true};
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    disk.of(parts);
    parts.room = [&] { return room.load(); };
  });
  const CaptureId old = keep(bench, "old", 2'000'000);
  room = false;
  disk.kept_bytes = 1'000'000;
  disk.free_bytes = 500'000;
  CHECK(bench.begin("new").error().code == ErrorCode::exhausted);
  CHECK(bench.waitGone(old));
  room = true;
  disk.free_bytes = 2'500'000;
  CHECK(bench.begin("new"));
}

TEST_CASE("a segment that comes late finds its own capture still there when others have given way to it") {
  Disk disk;
  std::atomic<bool> room{true};
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    disk.of(parts);
    parts.room = [&] { return room.load(); };
  });
  const CaptureId id = keep(bench, "k", 2'000'000), other = keep(bench, "other", 2'000'000);
  room = false;
  disk.kept_bytes = 1'000'000;
  disk.free_bytes = 500'000;
  CHECK(codeOf(bench.send(id, 1, "late")) == ErrorCode::exhausted);
  CHECK(bench.waitGone(other));
  CHECK(bench.captures->find(id));
  room = true;
  disk.free_bytes = kPlenty;
  CHECK(bench.send(id, 1, "late"));
}

TEST_CASE("a segment whose capture has made room for others is not refused for good") {
  Disk disk;
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { disk.of(parts); });
  const std::string bytes(1'000'000, 'x');
  const CaptureId id = keep(bench, "k", 2'000'000);
  auto sending = bench.start(id, bench.announced(1, bytes));
  REQUIRE(sending.offset());
  disk.free_bytes = 1'000'000;
  CHECK(bench.send(bench.begin("new").value(), 0, bytes));
  REQUIRE(bench.waitGone(id));
  disk.free_bytes = kPlenty;
  sending.writer->write(bytes, 0);
  CHECK(codeOf(CaptureBench::finish(*sending.writer)) == ErrorCode::unavailable);
  CHECK(codeOf(bench.send(id, 1, bytes)) == ErrorCode::unavailable);
  CHECK(bench.send(bench.begin("k").value(), 1, bytes));
}

TEST_CASE("an upload that meets a disk that has become nearly full ends, and gives its room back") {
  std::atomic<bool> room{true};
  CaptureBench bench([&](CaptureSettings& settings, CaptureParts& parts) {
    settings.idle = std::chrono::minutes(10);
    parts.room = [&] { return room.load(); };
    parts.step = [&](std::string_view step) {
      if (step == "first bytes") room = false;
    };
  });
  const std::string bytes(16 << 20, 'x');
  const CaptureId id = bench.begin("k").value();
  CHECK(codeOf(bench.send(id, 0, bytes)) == ErrorCode::exhausted);
  bench.settle(id);
  CHECK_FALSE(fs::exists(bench.file(id, "00000.part")));
  CHECK(comes([&] { return bench.captures->figures().bytes == 0; }));
  // One that is refused again and again is as silent as one that nobody sends, and ends.
  bench.clock.advance(std::chrono::minutes(6));
  CHECK(bench.begin("k").value() == id);
  CHECK(codeOf(bench.send(id, 0, bytes)) == ErrorCode::exhausted);
  bench.clock.advance(std::chrono::minutes(6));
  bench.captures->tick();
  CHECK(bench.joined(id)->state == CaptureState::failed);
}

TEST_CASE("a segment that the disk has no room for is refused, and what is there of it goes") {
  Disk disk;
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { disk.of(parts); });
  const std::string bytes(1'000'000, 'x');
  const CaptureId id = bench.begin("k").value();
  {
    auto sending = bench.start(id, bench.announced(0, bytes));
    REQUIRE(sending.offset());
    sending.writer->write(std::string_view(bytes).substr(0, 500'000), 0);
    bench.settle(id);
  }
  bench.settle(id);
  REQUIRE(fs::exists(bench.file(id, "00000.part")));
  disk.free_bytes = 400'000;
  const Status refused = bench.send(id, 0, bytes);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::exhausted);
  CHECK(refused.error().message.find("disk of captures") != std::string::npos);
  bench.settle(id);
  CHECK_FALSE(fs::exists(bench.file(id, "00000.part")));
  CHECK(comes([&] { return bench.captures->figures().bytes == 0; }));
  disk.free_bytes = kPlenty;
  CHECK(bench.send(id, 0, bytes));
}

TEST_CASE("a capture that has no room to be joined waits without copying anything, and older ones give way for it") {
  Disk disk;
  std::atomic<int> joins{0};
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    disk.of(parts);
    parts.step = [&](std::string_view step) { joins += step == "join" ? 1 : 0; };
  });
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  disk.free_bytes = 1 << 20;
  REQUIRE(bench.end(id, 1));
  REQUIRE(comes([&] { return bench.captures->figures().worker_failed_ms > 0; }));
  bench.captures->tick();
  CHECK(bench.captures->find(id)->state == CaptureState::joining);
  CHECK(bench.captures->figures().worker_failure.find("no room on the disk") != std::string::npos);
  CHECK(joins == 0);
  disk.free_bytes = kPlenty;
  CHECK(comes([&] {
    bench.captures->tick();
    return bench.captures->find(id)->state != CaptureState::joining;
  }));
  CHECK(bench.joined(id)->state == CaptureState::ready);
  CHECK(joins == 1);

  const CaptureId old = keep(bench, "old", 20 << 20), next = bench.begin("next").value();
  REQUIRE(bench.send(next, 0, mp4Silent()[0]));
  disk.free_bytes = 1 << 20;
  REQUIRE(bench.end(next, 1));
  CHECK(bench.waitGone(old));
  CHECK(bench.captures->find(next)->state == CaptureState::joining);
  disk.free_bytes = kPlenty;
  CHECK(comes([&] {
    bench.captures->tick();
    return bench.captures->find(next)->state != CaptureState::joining;
  }));
  CHECK(bench.joined(next)->state == CaptureState::ready);
}

TEST_CASE("uploads leave the room that a capture needs to be joined, so that the next minute finds it") {
  Disk disk;
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    disk.of(parts);
    parts.beside_video = kBesideSegments;
  });
  const std::string segment = mp4Silent()[0];
  const CaptureId old = keep(bench, "old", 20 << 20), id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, segment));
  disk.free_bytes = 1 << 20;
  REQUIRE(bench.end(id, 1));
  REQUIRE(bench.waitGone(old));
  bench.settle(old);
  CHECK(bench.captures->find(id)->state == CaptureState::joining);
  // Just enough for the video, and nothing left that may go.
  disk.free_bytes = kBesideSegments + static_cast<std::int64_t>(segment.size());
  const CaptureId other = bench.begin("other").value();
  CHECK(codeOf(bench.send(other, 0, std::string(1'000'000, 'y'))) == ErrorCode::exhausted);
  CHECK(comes([&] {
    bench.captures->tick();
    return bench.captures->find(id)->state != CaptureState::joining;
  }));
  CHECK(bench.joined(id)->state == CaptureState::ready);
}

TEST_CASE("a capture for whose video there is no room at all does not keep others from coming") {
  Disk disk;
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    disk.of(parts);
    parts.beside_video = kBesideSegments;
  });
  const CaptureId large = bench.begin("large").value();
  REQUIRE(bench.send(large, 0, std::string(30 << 20, 'x')));
  disk.free_bytes = 25 << 20;
  REQUIRE(bench.end(large, 1));
  // Less is free than its video takes; what is small comes all the same, and could be joined.
  const CaptureId small = bench.begin("small").value();
  CHECK(bench.send(small, 0, std::string(1'000'000, 'y')));
  CHECK(codeOf(bench.send(small, 1, std::string(9 << 20, 'y'))) == ErrorCode::exhausted);
}

TEST_CASE("of a large reserve only so much again is kept free of captures") {
  Disk disk;
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { disk.of(parts); });
  const CaptureId old = keep(bench, "old", 2'000'000);
  disk.kept_bytes = 8LL << 30;
  disk.free_bytes = 10LL << 30;
  const CaptureId id = bench.begin("new").value();
  CHECK(bench.send(id, 0, std::string(100'000, 'y')));
  CHECK(bench.captures->find(old));
}

TEST_CASE("originals that go next are room for the next video already, and nothing else goes for it") {
  Disk disk;
  std::atomic<bool> goes{false}, may_go{false};
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    disk.of(parts);
    parts.step = [&](std::string_view step) {
      if (step != "originals" || goes.exchange(true)) return;
      comes([&] { return may_go.load(); });
    };
  });
  const std::string segment = mp4Silent()[0];
  const CaptureId old = keep(bench, "old", 1'000'000);
  const CaptureId first = bench.begin("first").value(), second = bench.begin("second").value();
  REQUIRE(bench.send(first, 0, segment));
  REQUIRE(bench.send(second, 0, segment));
  REQUIRE(bench.end(first, 1));
  const bool is_held = comes([&] { return goes.load(); });
  disk.free_bytes = kBesideSegments + static_cast<std::int64_t>(segment.size()) - 1;
  const int looks = disk.looks;
  CHECK(bench.end(second, 1));
  // What was decided at one look is done before the next.
  CHECK(comes([&] {
    bench.captures->tick();
    return disk.looks >= looks + 2;
  }));
  CHECK(is_held);
  CHECK(bench.captures->find(old));
  CHECK(bench.captures->find(second)->state == CaptureState::joining);
  may_go = true;
  disk.free_bytes = kPlenty;
  CHECK(comes([&] {
    bench.captures->tick();
    return bench.captures->find(second)->state != CaptureState::joining;
  }));
  CHECK(bench.captures->find(old));
}

TEST_CASE("a join that fills the disk in spite of all is not begun again each minute") {
  robohub::test::TempFolder programs;
  const fs::path worker = programs.path() / "worker", starts = programs.path() / "starts";
  std::ofstream(worker) << "#!/bin/sh\necho >> '" << starts.string() << "'\nprintf 'failed full no' >&3\n";
  REQUIRE(::chmod(worker.c_str(), 0755) == 0);
  std::atomic<int> waiting{0};
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    parts.worker = worker;
    parts.log = [&](bool, const std::string& text) {
      if (text.find("waits to be joined") != std::string::npos) ++waiting;
    };
  });
  const auto started = [&] { return readFile(starts).size(); };
  const auto add = [&](const std::string& key, int all) {
    const CaptureId id = bench.begin(key).value();
    REQUIRE(bench.send(id, 0, "segment"));
    REQUIRE(bench.end(id, 1));
    REQUIRE(comes([&] { return waiting == all; }));
  };
  add("a", 1);
  // They are joined one after another: where the third has been tried the others were, if they are.
  for (int i = 0; i < 3; ++i) bench.captures->tick();
  add("b", 2);
  for (int i = 0; i < 3; ++i) bench.captures->tick();
  add("c", 3);
  CHECK(started() == 3);
  bench.clock.advance(std::chrono::seconds(61));
  CHECK(comes([&] {
    bench.captures->tick();
    return started() == 6;
  }));
}

TEST_CASE("whoever ticks waits for no disk of captures") {
  const auto ticking = std::this_thread::get_id();
  std::atomic<bool> ticked{false}, elsewhere{false}, said{false};
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    parts.log = [&](bool, const std::string& text) {
      if (!ticked || text.find("is not there") == std::string::npos) return;
      elsewhere = std::this_thread::get_id() != ticking;
      said = true;
    };
  });
  REQUIRE(bench.begin("record-0", "lab-camera", "record"));
  bench.restart();
  bench.clock.advance(std::chrono::minutes(11));
  ticked = true;
  bench.captures->tick();
  REQUIRE(comes([&] { return said.load(); }));
  CHECK(elsewhere);
}
