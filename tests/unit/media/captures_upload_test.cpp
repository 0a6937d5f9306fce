#include <catch2/catch.hpp>

#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

std::string bytesOf(std::size_t count, unsigned seed = 1) {
  std::string bytes(count, '\0');
  for (char& each : bytes) each = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return bytes;
}

ErrorCode codeOf(const Status& status) {
  REQUIRE_FALSE(status);
  return status.error().code;
}

}  // namespace

TEST_CASE("a capture goes on under its key, of one device") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  CHECK(bench.begin("k").value() == id);
  CHECK(bench.begin("k", "other").value() != id);
  bench.restart();
  CHECK(bench.begin("k").value() == id);
  CHECK(bench.captures->find(id)->state == CaptureState::open);
  CHECK(bench.begin("", "lab-camera").error().where == "/key");
  CHECK(bench.begin(std::string(65, 'k')).error().where == "/key");
  CHECK(bench.begin("a\nb").error().where == "/key");
  CHECK(bench.begin("k2", "lab-camera", "whim").error().where == "/trigger");
}

TEST_CASE("what a device says is never part of a path") {
  CaptureBench bench;
  const CaptureId id = bench.begin("../../../../etc/passwd").value();
  REQUIRE(bench.send(id, 0, bytesOf(1000)));
  CHECK(readFile(bench.file(id, "00000.seg")) == bytesOf(1000));
  CHECK(codeOf(bench.send(id, {1, 5, std::string(64, '0'), "../x"}, "12345")) == ErrorCode::invalid_argument);
  CHECK(codeOf(bench.send(id, {1, 5, "../../x" + std::string(57, '0'), "mp4"}, "12345")) ==
        ErrorCode::invalid_argument);
  CHECK(codeOf(bench.send(id, {kMaxSegments, 5, std::string(64, '0'), "mp4"}, "12345")) == ErrorCode::invalid_argument);
}

TEST_CASE("a segment is on disk when it is acknowledged, and stored once however often it comes") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  const std::string bytes = bytesOf(700'000);
  REQUIRE(bench.send(id, 3, bytes));
  CHECK(readFile(bench.file(id, "00003.seg")) == bytes);
  CHECK_FALSE(fs::exists(bench.file(id, "00003.part")));
  CHECK(bench.captures->find(id)->bytes == 700'000);
  // Said again: nothing has to be sent, also after a restart.
  for (int i = 0; i < 2; ++i) {
    auto again = bench.start(id, bench.announced(3, bytes));
    CHECK(again.offset().value() == bytes.size());
    CHECK(bench.finish(*again.writer));
    bench.restart();
  }
  CHECK(bench.captures->find(id)->bytes == 700'000);
  // Another content under its number is refused for good.
  CHECK(codeOf(bench.send(id, 3, bytesOf(10))) == ErrorCode::conflict);
  CHECK(readFile(bench.file(id, "00003.seg")) == bytes);
}

TEST_CASE("an upload goes on where the link or the hub was lost") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  const std::string bytes = bytesOf(900'000);
  const SegmentStart segment = bench.announced(0, bytes);
  {
    auto first = bench.start(id, segment);
    CHECK(first.offset().value() == 0);
    first.writer->write(std::string_view(bytes).substr(0, 300'000), 0);
    bench.settle(id);
  }  // the link is lost
  bench.settle(id);
  {
    auto second = bench.start(id, segment);
    CHECK(second.offset().value() == 300'000);
    // What is there already is skipped.
    second.writer->write(std::string_view(bytes).substr(250'000, 250'000), 250'000);
    bench.settle(id);
    second.writer->abandon();
  }
  bench.restart();
  auto third = bench.start(id, segment);
  CHECK(third.offset().value() == 500'000);
  third.writer->write(std::string_view(bytes).substr(500'000), 500'000);
  CHECK(bench.finish(*third.writer));
  CHECK(readFile(bench.file(id, "00000.seg")) == bytes);
}

TEST_CASE("wrong lengths, wrong hashes and missing bytes are told, and the next try is a clean one") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  const std::string bytes = bytesOf(200'000);
  SegmentStart segment = bench.announced(0, bytes);
  segment.sha256 = sha256("something else");
  CHECK(codeOf(bench.send(id, segment, bytes)) == ErrorCode::corrupt);
  CHECK_FALSE(fs::exists(bench.file(id, "00000.part")));
  {
    auto short_one = bench.start(id, bench.announced(0, bytes));
    REQUIRE(short_one.offset());
    short_one.writer->write(std::string_view(bytes).substr(0, 1000), 0);
    CHECK(codeOf(bench.finish(*short_one.writer)) == ErrorCode::corrupt);
  }
  {
    auto long_one = bench.start(id, bench.announced(0, bytes));
    REQUIRE(long_one.offset());
    long_one.writer->write(bytes + "x", 0);
    CHECK(codeOf(bench.finish(*long_one.writer)) == ErrorCode::too_large);
  }
  {
    auto torn = bench.start(id, bench.announced(0, bytes));
    REQUIRE(torn.offset());
    torn.writer->write("abc", 190'000);
    CHECK(codeOf(bench.finish(*torn.writer)) == ErrorCode::conflict);
  }
  CHECK(bench.send(id, 0, bytes));
  CHECK(readFile(bench.file(id, "00000.seg")) == bytes);
}

TEST_CASE("a partial file that is not the beginning of the segment is found by its hash and sent anew") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  const std::string bytes = bytesOf(50'000);
  REQUIRE(bench.send(id, 1, bytesOf(10)));
  std::ofstream(bench.file(id, "00000.part")) << "of another time";
  CHECK(codeOf(bench.send(id, 0, bytes)) == ErrorCode::corrupt);
  CHECK(bench.send(id, 0, bytes));
  std::ofstream(bench.file(id, "00002.part")) << bytesOf(60'000);
  CHECK(bench.send(id, 2, bytes));
}

TEST_CASE("a sender that is faster than the disk is held back") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  const std::string bytes = bytesOf(8 * 1024 * 1024);
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t taken = 0;
  bool opened = false;
  const auto writer = bench.captures->segment(id, bench.announced(0, bytes), [&](const Result<std::uint64_t>& offset) {
    std::lock_guard lock(mutex);
    REQUIRE(offset);
    opened = true;
    taken = *offset;
    changed.notify_all();
  });
  const auto wait = [&](const std::function<bool()>& holds) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), holds);
  };
  REQUIRE(wait([&] { return opened; }));
  int held = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 256 * 1024) {
    if (writer->write(std::string_view(bytes).substr(at, 256 * 1024), at)) continue;
    ++held;
    const std::uint64_t sent = at + 256 * 1024;
    REQUIRE(wait([&] { return taken + 1024 * 1024 >= sent; }));
  }
  CHECK(bench.finish(*writer));
  CHECK(readFile(bench.file(id, "00000.seg")).size() == bytes.size());
  CHECK(held >= 0);
}

TEST_CASE("segments without announcement are taken as they come; of two the longer one stays") {
  CaptureBench bench;
  const CaptureId id = bench.begin("pir.1").value();
  const std::string bytes = bytesOf(100'000);
  const SegmentStart segment{0, {}, {}, "mp4"};
  REQUIRE(bench.send(id, segment, bytes.substr(0, 40'000), 1300));
  REQUIRE(bench.send(id, segment, bytes, 1300));
  CHECK(readFile(bench.file(id, "00000.seg")) == bytes);
  CHECK(bench.captures->find(id)->bytes == 100'000);
  REQUIRE(bench.send(id, segment, bytes.substr(0, 50'000), 1300));
  CHECK(readFile(bench.file(id, "00000.seg")) == bytes);
  CHECK(codeOf(bench.send(id, {1, {}, {}, "mp4"}, "")) == ErrorCode::invalid_argument);
  // Cut, it begins again from nothing.
  bench.start(id, {2, {}, {}, "mp4"}).writer->write("half", 0);
  auto again = bench.start(id, {2, {}, {}, "mp4"});
  CHECK(again.offset().value() == 0);
}

TEST_CASE("a newer sender of a segment ends the older one") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  const std::string bytes = bytesOf(100'000);
  auto older = bench.start(id, bench.announced(0, bytes));
  REQUIRE(older.offset());
  auto newer = bench.start(id, bench.announced(0, bytes));
  REQUIRE(newer.offset());
  CHECK_FALSE(older.writer->write(bytes, 0));
  CHECK(codeOf(bench.finish(*older.writer)) == ErrorCode::stale);
  newer.writer->write(bytes, 0);
  CHECK(bench.finish(*newer.writer));
}

TEST_CASE("the end names what never came, may be said again, and must not contradict what is here") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 1, mp4Silent()[0]));
  REQUIRE(bench.send(id, 4, mp4Silent()[1]));
  CHECK(bench.end(id, 4).error().where == "/segments");
  REQUIRE(bench.end(id, 6));
  const CapturePtr capture = bench.joined(id);
  CHECK(capture->gaps == std::vector<std::uint32_t>{0, 2, 3, 5});
  CHECK(capture->message == "4 segments are not in the video.");
  CHECK(bench.end(id, 6));
  CHECK(bench.captures->find(id)->state == CaptureState::ready);
  CHECK(bench.segments(id)[2].message == "It never came.");
  CHECK(codeOf(bench.end(id, kMaxSegments + 1)) == ErrorCode::invalid_argument);
  CHECK(codeOf(bench.end(999)) == ErrorCode::not_found);
  const CaptureId empty = bench.begin("empty").value();
  REQUIRE(bench.end(empty, 0));
  CHECK(bench.captures->find(empty)->state == CaptureState::failed);
  CHECK(bench.captures->find(empty)->message == "Nothing of it came.");
}

TEST_CASE("an open capture of which nothing is heard is ended and joined, and goes on when its device comes back") {
  CaptureBench bench([](CaptureSettings& settings, CaptureParts&) { settings.idle = std::chrono::minutes(10); });
  const auto parts = mp4Silent();
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, parts[0]));
  bench.clock.advance(std::chrono::minutes(9));
  bench.captures->tick();
  CHECK(bench.captures->find(id)->state == CaptureState::open);
  bench.clock.advance(std::chrono::minutes(2));
  bench.captures->tick();
  CHECK(bench.joined(id)->message == "Nothing more came, so it was ended.");
  REQUIRE(bench.send(id, 1, parts[1]));
  REQUIRE(bench.end(id, 2));
  const CapturePtr whole = bench.joined(id);
  CHECK(whole->message == "");
  CHECK(std::abs(whole->duration_ms - 4000) <= 20);
}

TEST_CASE("a join that a restart has cut is taken up") {
  robohub::test::TempFolder programs;
  const fs::path worker = programs.path() / "worker";
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) { parts.worker = worker; });
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, mp4Silent()[0]));
  REQUIRE(bench.end(id, 1));
  bench.close();
  std::ofstream(bench.file(id, "video.part")) << "half a video";
  fs::create_directories(bench.file(77, ""));  // of a deletion that was cut
  std::ofstream(bench.file(77, "video.mp4")) << "x";
  fs::create_symlink(TEST_MEDIA_WORKER, worker);
  bench.open();
  CHECK(bench.joined(id)->state == CaptureState::ready);
  CHECK_FALSE(fs::exists(bench.file(77, "")));
  CHECK_FALSE(fs::exists(bench.file(id, "video.part")));
}

TEST_CASE("deleting takes row and files, also while it is being sent, and stands in the audit") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, bytesOf(1000)));
  auto sending = bench.start(id, bench.announced(1, bytesOf(100'000)));
  REQUIRE(sending.offset());
  REQUIRE(bench.erase(id));
  CHECK(bench.waitGone(id));
  CHECK_FALSE(bench.captures->find(id));
  sending.writer->write(bytesOf(100'000), 0);
  CHECK_FALSE(bench.finish(*sending.writer));
  CHECK_FALSE(fs::exists(bench.file(id, "00000.seg")));
  CHECK(codeOf(bench.erase(id)) == ErrorCode::not_found);
  CHECK(codeOf(bench.send(id, 2, "x")) == ErrorCode::not_found);
  bench.restart();
  CHECK_FALSE(bench.captures->find(id));
  CHECK_FALSE(fs::exists(bench.file(id, "")));
  const auto rows = store::waitFor<std::vector<identity::AuditRow>>(
      [&](auto done) { bench.audit->find({.action = "capture.delete"}, done); });
  REQUIRE(rows->size() == 1);
  CHECK(rows->front().entry.actor.name == "Ada");
  // The key is free again, and the new capture another one.
  CHECK(bench.begin("k").value() != id);
}
