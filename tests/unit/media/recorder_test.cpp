#include "media/recorder.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "media/jpeg_size.hpp"
#include "media/picture_tap.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

const std::string& jpeg(const std::string& size, const std::string& colour = "red") {
  static std::map<std::string, std::string> made;
  auto& one = made[size + colour];
  if (one.empty())
    one = run("ffmpeg -v error -f lavfi -i color=" + colour + ":size=" + size + " -frames:v 1 -f mjpeg -");
  return one;
}

// A stream on a loop of its own, and captures to record it into.
struct Scene {
  explicit Scene(const std::function<void(CaptureSettings&, CaptureParts&)>& change = {}) : bench(change) {
    stream = std::make_shared<PictureStream>(loops, loops.at(0), clock);
    loops.start();
    recorder = std::make_unique<Recorder>(*bench.captures, loops, clock, *bench.audit, TEST_MEDIA_WORKER);
  }
  ~Scene() {
    stream->end();
    recorder->endAll();
    bench.captures->end();
    bench.database->close();
    loops.stop();
  }
  void offer(const std::string& bytes) {
    std::promise<void> done;
    loops.at(0).post([&] {
      stream->offer(bytes);
      done.set_value();
    });
    done.get_future().wait();
  }
  // Pictures for so long, about 50 a second.
  void play(std::chrono::milliseconds length, const std::vector<std::string>& pictures) {
    const auto end = std::chrono::steady_clock::now() + length;
    for (std::size_t i = 0; std::chrono::steady_clock::now() < end; ++i) {
      offer(pictures[i % pictures.size()]);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  Result<CapturePtr> begin(std::chrono::milliseconds length, const char* device = "lab-camera") {
    return store::waitFor<CapturePtr>([&](auto done) {
      recorder->begin({CaptureBench::device(device), "main", stream, length, {"u-1", "Ada", ""}}, done);
    });
  }

  // As the device that has the stream sees it.
  std::optional<StreamRecording> recording() {
    std::promise<std::optional<StreamRecording>> now;
    loops.at(0).post([&] { now.set_value(stream->recording()); });
    return now.get_future().get();
  }

  SystemClock clock;
  CaptureBench bench;
  net::LoopPool loops{2};
  std::shared_ptr<PictureStream> stream;
  std::unique_ptr<Recorder> recorder;
};

}  // namespace

TEST_CASE("a live stream is recorded with the times at which its pictures came") {
  Scene scene;
  const CapturePtr begun = scene.begin(std::chrono::seconds(30)).value();
  CHECK(begun->state == CaptureState::open);
  CHECK(begun->trigger == "record");
  CHECK(scene.begin(std::chrono::seconds(30)).error().code == ErrorCode::conflict);
  // Odd sizes, a change of size, and damaged pictures in between.
  const std::string broken = jpeg("161x121").substr(0, 300) + "\xff\xd9";
  scene.play(std::chrono::milliseconds(700), {jpeg("161x121"), jpeg("161x121", "blue"), broken, jpeg("320x100")});
  std::this_thread::sleep_for(std::chrono::milliseconds(600));  // it stalls
  scene.play(std::chrono::milliseconds(300), {jpeg("161x121")});
  CHECK(scene.recorder->end(begun->id));
  const CapturePtr capture = scene.bench.joined(begun->id);
  INFO(capture->message);
  REQUIRE(capture->state == CaptureState::ready);
  CHECK(capture->width == 160);
  CHECK(capture->height == 120);
  CHECK(capture->duration_ms > 1300);
  const Probe found = probe(scene.bench.file(begun->id, "video.mp4"));
  CHECK(found.monotonic);
  CHECK(found.duration_s > 1.3);
  CHECK(found.pictures > 10);
  CHECK_FALSE(scene.recorder->end(begun->id));
}

TEST_CASE("a recording ends when its time is over, and when the stream ends") {
  Scene scene;
  const CapturePtr timed = scene.begin(std::chrono::seconds(1)).value();
  scene.play(std::chrono::milliseconds(1500), {jpeg("160x120")});
  CHECK(scene.bench.joined(timed->id)->state == CaptureState::ready);
  const CapturePtr cut = scene.begin(std::chrono::seconds(30), "other").value();
  scene.play(std::chrono::milliseconds(300), {jpeg("160x120")});
  scene.stream->end();
  CHECK(scene.bench.joined(cut->id)->state == CaptureState::ready);
}

TEST_CASE("a stream knows which recording is made of it, from the begin to the end, and says when that changes") {
  std::atomic<int> told{0};
  Scene scene;
  scene.loops.at(0).post([&] { scene.stream->onRecording([&] { ++told; }); });
  CHECK_FALSE(scene.recording());
  for (int i = 0; i < 2; ++i) {
    const CapturePtr begun = scene.begin(std::chrono::seconds(30)).value();
    const auto running = scene.recording();
    REQUIRE(running);
    CHECK(running->capture == begun->id);
    CHECK(running->started_ms == begun->started_ms);
    CHECK(told.load() == 2 * i + 1);
    CHECK(scene.recorder->end(begun->id));
    scene.bench.joined(begun->id);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (scene.recording() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK_FALSE(scene.recording());
    CHECK(told.load() == 2 * i + 2);
    while (scene.recorder->running() > 0) std::this_thread::yield();
  }
}

TEST_CASE("a recording of which no picture came fails and says so") {
  Scene scene;
  const CapturePtr begun = scene.begin(std::chrono::seconds(1)).value();
  const CapturePtr capture = scene.bench.joined(begun->id);
  CHECK(capture->state == CaptureState::failed);
  CHECK(capture->message == "No picture came.");
}

TEST_CASE("recordings have bounds of length and number") {
  Scene scene;
  CHECK(scene.begin(std::chrono::milliseconds(10)).error().where == "/for_ms");
  CHECK(scene.begin(std::chrono::hours(2)).error().where == "/for_ms");
  for (const char* device : {"a", "b", "c", "d"}) CHECK(scene.begin(std::chrono::seconds(30), device));
  CHECK(scene.begin(std::chrono::seconds(30), "e").error().code == ErrorCode::exhausted);
}

TEST_CASE("a recording that the end of the hub has cut is kept as far as it came") {
  CaptureBench bench;
  const CaptureId id = bench.begin("record-0", "lab-camera", "record").value();
  fs::create_directories(bench.file(id, ""));
  const auto parts =
      makeSegments("fragmented", "-map 0 -segment_format_options movflags=+frag_keyframe+empty_moov", "mp4");
  std::ofstream(bench.file(id, "00000.part"), std::ios::binary) << parts[0].substr(0, parts[0].size() - 10'000);
  bench.restart();
  const CapturePtr capture = bench.joined(id);
  INFO(capture->message);
  CHECK(capture->state == CaptureState::ready);
  CHECK(capture->message.find("Its end is missing.") != std::string::npos);
}

TEST_CASE("a hub that ends does not wait until a long recording is read, and takes it up at its next start") {
  std::atomic<int> pieces{0};
  std::atomic<bool> goes_on{false};
  CaptureBench bench([&](CaptureSettings&, CaptureParts& parts) {
    parts.step = [&](std::string_view step) {
      if (step != "hash") return;
      ++pieces;
      while (!goes_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
  });
  constexpr std::int64_t kBytes = 65LL << 20;
  const CaptureId id = bench.begin("record-0", "lab-camera", "record").value();
  bench.close();
  fs::create_directories(bench.file(id, ""));
  std::ofstream(bench.file(id, "00000.part")).close();
  fs::resize_file(bench.file(id, "00000.part"), static_cast<std::uintmax_t>(kBytes));
  bench.open();
  while (pieces == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::thread closing([&] { bench.close(); });
  // It ends as soon as it takes nothing more; the other thread of files, which this asks, has nothing to do.
  const auto ends = [&] {
    const auto offset = bench.start(id + 1, {0, 1, std::string(64, '0'), "mp4"}).offset();
    return !offset && offset.error().code == ErrorCode::unavailable;
  };
  while (!ends()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  goes_on = true;
  closing.join();
  CHECK(pieces == 1);
  CHECK(fs::file_size(bench.file(id, "00000.part")) == static_cast<std::uintmax_t>(kBytes));
  bench.open();
  CHECK(bench.joined(id)->state == CaptureState::failed);  // nothing but zeros
  CHECK(bench.segments(id).at(0).bytes == kBytes);
}

namespace {

// Waits for what is said in the log of a recording that cannot be kept now.
struct Complaints {
  std::function<void(CaptureSettings&, CaptureParts&)> change() {
    return [this](CaptureSettings&, CaptureParts& parts) {
      parts.log = [this](bool, const std::string& text) {
        const std::lock_guard lock(mutex);
        if (text.find("until it can be kept") != std::string::npos) ++count;
        changed.notify_all();
      };
    };
  }
  bool until(int wanted) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return count >= wanted; });
  }

  std::mutex mutex;
  std::condition_variable changed;
  int count = 0;
};

}  // namespace

TEST_CASE("a recording whose end meets a fault that passes is kept, whole") {
  Complaints complaints;
  Scene scene(complaints.change());
  CaptureBench& bench = scene.bench;
  const CapturePtr begun = scene.begin(std::chrono::seconds(30)).value();
  scene.play(std::chrono::milliseconds(700), {jpeg("160x120")});
  // No file can get this name now, as on a full disk.
  fs::create_directories(bench.file(begun->id, "00000.seg"));
  CHECK(scene.recorder->end(begun->id));
  REQUIRE(complaints.until(1));
  CHECK(bench.captures->find(begun->id)->state == CaptureState::open);
  CHECK(fs::file_size(bench.file(begun->id, "00000.part")) > 0);
  bench.clock.advance(std::chrono::minutes(11));
  bench.captures->tick();
  REQUIRE(complaints.until(2));
  fs::remove(bench.file(begun->id, "00000.seg"));
  bench.captures->tick();  // not before so long again
  CHECK(bench.captures->find(begun->id)->state == CaptureState::open);
  bench.clock.advance(std::chrono::minutes(11));
  bench.captures->tick();
  const CapturePtr capture = bench.joined(begun->id);
  INFO(capture->message);
  CHECK(capture->state == CaptureState::ready);
  CHECK(capture->duration_ms > 300);
}

TEST_CASE("a recording whose row cannot be written is kept once it can be, with its bytes counted once") {
  Complaints complaints;
  Scene scene(complaints.change());
  CaptureBench& bench = scene.bench;
  const auto run_sql = [&](const char* sql) {
    REQUIRE(bench.database->writeNow([&](store::Session& database) -> Status {
      const auto done = database.run(sql);
      return done ? Status{} : fail(done.error());
    }));
  };
  const CapturePtr begun = scene.begin(std::chrono::seconds(30)).value();
  scene.play(std::chrono::milliseconds(700), {jpeg("160x120")});
  run_sql("CREATE TRIGGER full BEFORE INSERT ON capture_segments BEGIN SELECT RAISE(ABORT, 'full'); END");
  CHECK(scene.recorder->end(begun->id));
  REQUIRE(complaints.until(1));
  CHECK(fs::exists(bench.file(begun->id, "00000.seg")));
  CHECK(bench.captures->find(begun->id)->state == CaptureState::open);
  run_sql("DROP TRIGGER full");
  bench.clock.advance(std::chrono::minutes(11));
  bench.captures->tick();
  const CapturePtr capture = bench.joined(begun->id);
  INFO(capture->message);
  CHECK(capture->state == CaptureState::ready);
  bench.settle(begun->id);
  std::int64_t on_disk = 0;
  for (const auto& each : fs::directory_iterator(bench.file(begun->id, "")))
    on_disk += static_cast<std::int64_t>(each.file_size());
  CHECK(bench.captures->find(begun->id)->bytes == on_disk);
}

TEST_CASE("a recording that was cut and meets a fault at the start of the hub waits for it to pass") {
  Complaints complaints;
  CaptureBench bench(complaints.change());
  const CaptureId id = bench.begin("record-0", "lab-camera", "record").value();
  fs::create_directories(bench.file(id, "00000.seg"));
  const auto parts =
      makeSegments("fragmented", "-map 0 -segment_format_options movflags=+frag_keyframe+empty_moov", "mp4");
  std::ofstream(bench.file(id, "00000.part"), std::ios::binary) << parts[0];
  bench.restart();
  REQUIRE(complaints.until(1));
  CHECK(bench.captures->find(id)->state == CaptureState::open);
  fs::remove(bench.file(id, "00000.seg"));
  bench.clock.advance(std::chrono::minutes(11));
  bench.captures->tick();
  CHECK(bench.joined(id)->state == CaptureState::ready);
}

TEST_CASE("one picture is kept as it came, with its size") {
  Scene scene;
  const auto keep = [&](const std::string& bytes) {
    const auto framed = framePicture(bytes, MonoTime{}, WallTime{});
    return store::waitFor<CapturePtr>([&](auto done) {
      scene.bench.captures->keepStill(CaptureBench::device(), *framed, {"u-1", "Ada", ""}, done);
    });
  };
  const CapturePtr kept = keep(jpeg("320x100")).value();
  CHECK(kept->kind() == CaptureKind::still);
  CHECK(kept->state == CaptureState::ready);
  CHECK(kept->width == 320);
  CHECK(kept->height == 100);
  CHECK(readFile(scene.bench.file(kept->id, "still.jpg")) == jpeg("320x100"));
  CHECK(keep("\xff\xd8\xff\xe0\x7f\xff\xff\xd9").error().code == ErrorCode::invalid_argument);
  const auto video = store::waitFor<CaptureFile>(
      [&](auto done) { scene.bench.captures->file(kept->id, Captures::File::video, done); });
  CHECK(video.error().code == ErrorCode::conflict);
}

TEST_CASE("a picture that cannot be kept takes no older one's place") {
  std::atomic<bool> room{true};
  CaptureBench bench([&](CaptureSettings& settings, CaptureParts& parts) {
    // Each is over what stills of a device may have, so each goes for the next.
    settings.quota_bytes = static_cast<std::int64_t>(jpeg("320x100").size()) * 5;
    parts.room = [&] { return room.load(); };
  });
  const auto keep = [&] {
    const auto framed = framePicture(jpeg("320x100"), MonoTime{}, WallTime{});
    return store::waitFor<CapturePtr>([&](auto done) {
      bench.captures->keepStill(CaptureBench::device(), *framed, {"u-1", "Ada", ""}, done);
    });
  };
  const CapturePtr first = keep().value();
  room = false;
  CHECK(keep().error().code == ErrorCode::exhausted);
  CHECK(bench.captures->find(first->id));
  room = true;
  CHECK(keep());
  CHECK_FALSE(bench.captures->find(first->id));
}

TEST_CASE("the size of a JPEG is read from its frame header, or not at all") {
  CHECK(jpegSize(jpeg("320x100"))->width == 320);
  for (std::size_t length = 0; length < 400; ++length) jpegSize(std::string_view(jpeg("320x100")).substr(0, length));
  CHECK_FALSE(jpegSize(""));
  CHECK_FALSE(jpegSize(std::string("\xff\xd8\xff\xc0\0\x11\x08\0\0\0\0", 11)));
  CHECK_FALSE(jpegSize(std::string("\xff\xd8\xff\xe0\0\0", 6)));
}

TEST_CASE("a tap keeps the newest picture only and says when there will be no more") {
  SystemClock clock;
  PictureTap tap(clock);
  const auto a = framePicture(jpeg("160x120"), MonoTime{}, WallTime{}).value();
  const auto b = framePicture(jpeg("160x120", "blue"), MonoTime{}, WallTime{}).value();
  const SharedBytes opening = mjpegOpening();
  CHECK(tap.send(std::span(&opening, 1), net::SendClass::control));
  CHECK(tap.send(std::span(&a->part, 1), net::SendClass::picture));
  CHECK(tap.send(std::span(&b->part, 1), net::SendClass::picture));
  CHECK(tap.take(Duration::zero())->jpeg == b->jpeg());
  CHECK_FALSE(tap.take(Duration::zero()));
  tap.close();
  CHECK_FALSE(tap.open());
  CHECK_FALSE(tap.send(std::span(&a->part, 1), net::SendClass::picture));
  CHECK_FALSE(tap.take(std::chrono::seconds(10)));
}
