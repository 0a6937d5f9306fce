// A segment that is sent again before everything about its first coming is over.
#include <catch2/catch.hpp>

#include "media/captures_parts.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

const std::string kBytes(300'000, 'a');

// Something that holds a thread up until it is let go of.
class Gate {
 public:
  // To be called on the thread that is to be held.
  void wait() {
    reached_.set_value();
    open_.get_future().wait();
  }
  void untilReached() { reached_.get_future().wait(); }
  void open() { open_.set_value(); }

 private:
  std::promise<void> reached_, open_;
};

// Everything that a sender is told, in its order.
struct Heard {
  std::mutex mutex;
  std::vector<Result<std::uint64_t>> all;
  SegmentWriter::Progress listener() {
    return [this](Result<std::uint64_t> progress) {
      std::lock_guard lock(mutex);
      all.push_back(std::move(progress));
    };
  }
  std::vector<Result<std::uint64_t>> now() {
    std::lock_guard lock(mutex);
    return all;
  }
};

}  // namespace

TEST_CASE("a segment that comes again while its row is still on the way to the disk keeps its file") {
  std::promise<void> rowed;
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    parts.step = [&](std::string_view step) {
      if (step == "row") rowed.set_value();
    };
  });
  const CaptureId id = bench.begin("k").value();
  auto first = bench.start(id, bench.announced(0, kBytes));
  REQUIRE(first.offset());
  first.writer->write(kBytes, 0);
  Gate slow;
  bench.database->write(
      [&](store::Session&) -> Status {
        slow.wait();
        return {};
      },
      [](const Status&) {});
  slow.untilReached();
  std::promise<Status> stored;
  first.writer->finish([&](Status status) { stored.set_value(std::move(status)); });
  rowed.get_future().wait();

  {  // its link broke, and its device comes once more
    auto second = bench.start(id, bench.announced(0, kBytes));
    const auto offset = second.offset();
    CHECK((offset ? "taken" : toString(offset.error().code)) == std::string("unavailable"));
  }
  {
    auto without = bench.start(id, {0, {}, {}, "mp4"});
    CHECK_FALSE(without.offset());
  }
  slow.open();
  CHECK(stored.get_future().get());
  auto third = bench.start(id, bench.announced(0, kBytes));
  CHECK(third.offset().value() == kBytes.size());
  CHECK(bench.finish(*third.writer));
  CHECK((readFile(bench.file(id, "00000.seg")) == kBytes));
  CHECK(bench.captures->find(id)->bytes == static_cast<std::int64_t>(kBytes.size()));
}

TEST_CASE("a segment whose file is gone from the disk is taken once more, not acknowledged by its row") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  const SegmentStart as_it_comes{1, {}, {}, "mp4"};
  REQUIRE(bench.send(id, 0, kBytes));
  REQUIRE(bench.send(id, as_it_comes, kBytes));
  fs::remove(bench.file(id, "00000.seg"));
  fs::remove(bench.file(id, "00001.seg"));
  REQUIRE(bench.send(id, 0, kBytes));
  REQUIRE(bench.send(id, as_it_comes, kBytes));
  CHECK((readFile(bench.file(id, "00000.seg")) == kBytes));
  CHECK((readFile(bench.file(id, "00001.seg")) == kBytes));
  CHECK(bench.captures->find(id)->bytes == static_cast<std::int64_t>(2 * kBytes.size()));
}

TEST_CASE("a sender that is replaced while it waits for the disk is told so, and one that gives up hears nothing") {
  CaptureBench bench;
  const CaptureId id = bench.begin("k").value();
  Gate disk;
  REQUIRE(bench.captures->parts().writers.run(id, [&] { disk.wait(); }));
  disk.untilReached();
  Heard older, newer;
  const auto first = bench.captures->segment(id, {0, {}, {}, "mp4"}, older.listener());
  const auto second = bench.captures->segment(id, {0, {}, {}, "mp4"}, newer.listener());
  const auto told = older.now();
  second->abandon();
  disk.open();
  bench.settle(id);
  REQUIRE(told.size() == 1);
  REQUIRE_FALSE(told.front());
  CHECK(told.front().error().code == ErrorCode::stale);
  CHECK(older.now().size() == 1);
  CHECK(newer.now().empty());
}

TEST_CASE("a segment that comes while its capture is joined takes nothing away from the video") {
  Gate joining;
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    parts.step = [&, first = true](std::string_view step) mutable {
      if (step == "join" && std::exchange(first, false)) joining.wait();
    };
  });
  const auto segments = mp4Silent();
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, segments[0]));
  REQUIRE(bench.end(id, 1));
  joining.untilReached();
  auto late = bench.start(id, bench.announced(1, segments[1]));
  REQUIRE(late.offset());
  joining.open();
  REQUIRE(bench.joined(id)->state == CaptureState::ready);
  const std::string video = readFile(bench.file(id, "video.mp4"));
  const std::int64_t bytes = bench.captures->find(id)->bytes;

  late.writer->write(segments[1], 0);
  const Status answer = bench.finish(*late.writer);
  CHECK((answer ? "taken" : toString(answer.error().code)) == std::string("conflict"));
  CHECK(bench.captures->find(id)->state == CaptureState::ready);
  bench.end(id, 2);
  bench.settle(id);
  CHECK((readFile(bench.file(id, "video.mp4")) == video));
  CHECK_FALSE(fs::exists(bench.file(id, "00001.seg")));
  CHECK(bench.captures->find(id)->bytes == bytes);
}

TEST_CASE("a video whose segments are gone is not replaced by one of what came later") {
  CaptureBench bench;
  const auto segments = mp4Silent();
  const CaptureId id = bench.begin("k").value();
  REQUIRE(bench.send(id, 0, segments[0]));
  REQUIRE(bench.end(id, 1));
  REQUIRE(bench.joined(id)->state == CaptureState::ready);
  bench.settle(id);
  const std::string video = readFile(bench.file(id, "video.mp4"));
  // As a hub left it that took more segments of complete captures.
  std::ofstream(bench.file(id, "00001.seg"), std::ios::binary) << segments[1];
  REQUIRE(bench.database->writeNow([&](store::Session& database) -> Status {
    auto joining = database.run("UPDATE captures SET state = 'joining' WHERE id = $1", id);
    if (!joining) return fail(joining.error());
    const SegmentRow row{
        {1, static_cast<std::int64_t>(segments[1].size()), SegmentState::stored, ""}, sha256(segments[1]), "00001.seg"};
    return putSegment(database, id, row);
  }));
  bench.restart();
  const CapturePtr capture = bench.joined(id);
  CHECK(capture->state == CaptureState::ready);
  CHECK(capture->gaps == std::vector<std::uint32_t>{1});
  CHECK(capture->message == "One segment is not in the video.");
  CHECK((readFile(bench.file(id, "video.mp4")) == video));
  CHECK((readFile(bench.file(id, "00001.seg")) == segments[1]));
  CHECK(bench.segments(id)[1].message == "It came when the video was made already.");
  CHECK(capture->bytes ==
        static_cast<std::int64_t>(video.size() + segments[1].size() + fs::file_size(bench.file(id, "still.jpg"))));
}
