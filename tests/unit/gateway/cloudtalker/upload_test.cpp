#include "gateway/cloudtalker/upload.hpp"

#include <atomic>
#include <catch2/catch.hpp>

#include "media/captures_parts.hpp"
#include "net/loop_pool.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::gateway;
using robohub::media::test::CaptureBench;

namespace {

// One connection's upload on its loop, and what it says.
struct Camera {
  Camera(CaptureBench& bench, net::Loop& loop) : loop_(loop) {
    upload = std::make_shared<CloudtalkerUpload>(bench.captures.get(), loop, CaptureBench::device(),
                                                 CloudtalkerUpload::Events{[this] { changed(); },
                                                                           [this](const std::string& sentence) {
                                                                             troubles.push_back(sentence);
                                                                             changed();
                                                                           },
                                                                           [](std::uint64_t) {}});
  }
  // On the loop; comes back when it is idle there, or is busy and not to be waited for.
  void say(const std::function<void(CloudtalkerUpload&)>& what, bool wait = true) {
    std::promise<void> said;
    loop_.post([&] {
      what(*upload);
      said.set_value();
    });
    said.get_future().wait();
    if (wait) REQUIRE(idle());
  }
  bool idle() {
    std::promise<void> idle;
    auto told = idle.get_future();
    loop_.post([&] {
      waiting_ = &idle;
      changed();
    });
    const bool came = told.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
    std::promise<void> over;
    loop_.post([&] {
      waiting_ = nullptr;
      over.set_value();
    });
    over.get_future().wait();
    return came;
  }

  std::shared_ptr<CloudtalkerUpload> upload;
  std::vector<std::string> troubles;

 private:
  void changed() {
    if (!upload->busy() && waiting_) std::exchange(waiting_, nullptr)->set_value();
  }
  net::Loop& loop_;
  std::promise<void>* waiting_ = nullptr;
};

// A capture's segments as they come over the link.
constexpr const char* kKey = "pir.1000";
void open(CloudtalkerUpload& upload) {
  upload.openCapture(kKey, "pir", 1000);
}
void begin(CloudtalkerUpload& upload, std::uint32_t number, std::string_view bytes) {
  upload.openSegment(kKey, number);
  upload.bytes(bytes);
}
void sendAll(Camera& camera, std::uint32_t number, std::string_view bytes) {
  camera.say([&](CloudtalkerUpload& upload) { begin(upload, number, bytes.substr(0, 1000)); });
  if (bytes.size() > 1000) camera.say([&](CloudtalkerUpload& upload) { upload.bytes(bytes.substr(1000)); });
  camera.say([](CloudtalkerUpload& upload) { upload.endSegment(); });
}
void end(Camera& camera, std::uint32_t segments) {
  camera.say([segments](CloudtalkerUpload& upload) { upload.endCapture(kKey, segments); });
}
media::CapturePtr captureOf(CaptureBench& bench, const std::string& key) {
  const auto all = bench.captures->list({}, [](const media::Capture&) { return true; });
  for (const auto& each : all.captures)
    if (each->key == key) return each;
  return nullptr;
}

// A capture of one segment, which is a video then.
void sendWhole(CaptureBench& bench, Camera& camera, std::string_view bytes) {
  camera.say(open);
  sendAll(camera, 0, bytes);
  end(camera, 1);
  REQUIRE(bench.joined(captureOf(bench, kKey)->id)->state == media::CaptureState::ready);
}

}  // namespace

TEST_CASE("a connection whose segment a newer one sends is not busy with it for ever") {
  net::LoopPool loops(1);  // ends after the bench, whose threads may still be waking it
  CaptureBench bench;
  loops.start();
  Camera older(bench, loops.at(0)), newer(bench, loops.at(0));
  older.say(open);
  newer.say(open);
  const auto id = bench.captures->list({}, [](const media::Capture&) { return true; }).captures.at(0)->id;
  std::promise<void> reached, let_go;
  REQUIRE(bench.captures->parts().writers.run(id, [&] {  // the disk takes its time
    reached.set_value();
    let_go.get_future().wait();
  }));
  reached.get_future().wait();
  const auto send = [](CloudtalkerUpload& upload) { begin(upload, 0, "a segment's first bytes"); };
  older.say(send, false);
  newer.say(send, false);
  CHECK(older.idle());
  let_go.set_value();
  REQUIRE(newer.idle());
  newer.say([](CloudtalkerUpload& upload) { upload.endSegment(); });
  loops.stop();
  REQUIRE(older.troubles.size() == 1);
  CHECK(older.troubles.front() == "Segment 0 is not kept: Another sender has begun this segment.");
  CHECK(newer.troubles.empty());
  CHECK(bench.segments(id).size() == 1);
}

TEST_CASE("a segment of fewer bytes than show what it is is kept as it is") {
  net::LoopPool loops(1);  // ends after the bench, whose threads may still be waking it
  CaptureBench bench;
  loops.start();
  Camera camera(bench, loops.at(0));
  camera.say(open);
  const std::string_view shorts[] = {"G", "GG", "GGG", "GGGG", "m", "moov"};
  std::uint32_t number = 0;
  for (const std::string_view bytes : shorts) sendAll(camera, number++, bytes);
  loops.stop();
  CHECK(camera.troubles.empty());
  const auto segments = bench.segments(captureOf(bench, kKey)->id);
  REQUIRE(segments.size() == std::size(shorts));
  for (const auto& segment : segments) CHECK(segment.bytes == static_cast<std::int64_t>(shorts[segment.number].size()));
}

TEST_CASE("what a camera sends of a capture after its end is a capture of its own, and not lost") {
  net::LoopPool loops(1);  // ends after the bench, whose threads may still be waking it
  CaptureBench bench;
  loops.start();
  const auto segments = media::test::mp4Silent();
  {
    Camera camera(bench, loops.at(0));
    sendWhole(bench, camera, segments[0]);
    camera.say(open);  // its program was started again, and goes on
    sendAll(camera, 1, segments[1]);
    CHECK(camera.troubles.size() == 1);
  }
  {
    // So does the next connection, which knows nothing of the parts; what is there already is not kept twice.
    Camera camera(bench, loops.at(0));
    camera.say(open);
    sendAll(camera, 0, segments[0]);
    REQUIRE(camera.troubles.size() == 1);
    CHECK(camera.troubles[0].find("Segment 0 is not kept: It is here already") == 0);
    sendAll(camera, 1, segments[1]);
    sendAll(camera, 2, segments[2]);
    end(camera, 3);
  }
  loops.stop();
  REQUIRE(captureOf(bench, "pir.1000-2"));
  CHECK_FALSE(captureOf(bench, "pir.1000-3"));
  const auto rest = bench.joined(captureOf(bench, "pir.1000-2")->id);
  CHECK(rest->state == media::CaptureState::ready);
  CHECK(rest->trigger == "pir");
  CHECK(rest->started_ms == 1000);
  CHECK(rest->gaps.empty());
  CHECK(bench.segments(rest->id).size() == 2);
  CHECK(bench.segments(captureOf(bench, kKey)->id).size() == 1);
}

TEST_CASE("what a camera sends while its capture is being joined is a capture of its own") {
  std::promise<void> reached, let_go;
  std::atomic<bool> first{true};
  net::LoopPool loops(1);  // ends after the bench, whose threads may still be waking it
  CaptureBench bench([&](media::CaptureSettings&, media::CaptureParts& parts) {
    parts.step = [&](std::string_view step) {
      if (step != "join" || !first.exchange(false)) return;
      reached.set_value();
      let_go.get_future().wait();
    };
  });
  loops.start();
  const auto segments = media::test::mp4Silent();
  Camera camera(bench, loops.at(0));
  camera.say(open);
  sendAll(camera, 0, segments[0]);
  end(camera, 1);
  reached.get_future().wait();
  camera.say(open);
  sendAll(camera, 1, segments[1]);
  end(camera, 2);
  let_go.set_value();
  loops.stop();
  REQUIRE(captureOf(bench, "pir.1000-2"));
  for (const char* key : {kKey, "pir.1000-2"}) {
    const auto capture = bench.joined(captureOf(bench, key)->id);
    CHECK(capture->state == media::CaptureState::ready);
    CHECK(capture->gaps.empty());
    CHECK(bench.segments(capture->id).size() == 1);
  }
}

TEST_CASE("a capture that goes on and on after its end has only so many parts") {
  net::LoopPool loops(1);  // ends after the bench, whose threads may still be waking it
  CaptureBench bench;
  loops.start();
  const auto segments = media::test::mp4Silent();
  Camera camera(bench, loops.at(0));
  for (std::uint32_t number = 0; number < CloudtalkerUpload::kMostParts + 2; ++number) {
    camera.say(open);
    sendAll(camera, number, segments[0]);
    end(camera, number + 1);
  }
  loops.stop();
  const auto all = bench.captures->list({}, [](const media::Capture&) { return true; });
  CHECK(all.captures.size() == CloudtalkerUpload::kMostParts);
  CHECK_FALSE(camera.troubles.empty());
}

TEST_CASE("a part of a capture that cannot be begun for lack of room is begun with the next segment") {
  std::atomic<bool> room{true};
  net::LoopPool loops(1);  // ends after the bench, whose threads may still be waking it
  CaptureBench bench(
      [&](media::CaptureSettings&, media::CaptureParts& parts) { parts.room = [&] { return room.load(); }; });
  loops.start();
  const auto segments = media::test::mp4Silent();
  Camera camera(bench, loops.at(0));
  sendWhole(bench, camera, segments[0]);
  camera.say(open);
  room = false;
  sendAll(camera, 1, segments[1]);
  CHECK_FALSE(captureOf(bench, "pir.1000-2"));
  room = true;
  sendAll(camera, 2, segments[2]);
  end(camera, 3);
  loops.stop();
  REQUIRE(captureOf(bench, "pir.1000-2"));
  CHECK(bench.joined(captureOf(bench, "pir.1000-2")->id)->gaps == std::vector<std::uint32_t>{0});
}
