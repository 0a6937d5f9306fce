// Single pictures that were begun and never written: they end as failed, so that age and quota may take them.
#include <signal.h>

#include <catch2/catch.hpp>

#include "media/captures_parts.hpp"
#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;
using namespace std::chrono_literals;

namespace {

PicturePtr aPicture() {
  static const std::string jpeg = run("ffmpeg -v error -f lavfi -i color=red:size=320x100 -frames:v 1 -f mjpeg -");
  return framePicture(jpeg, MonoTime{}, WallTime{}).value();
}

std::vector<CapturePtr> all(const CaptureBench& bench) {
  return bench.captures->list({}, [](const Capture&) { return true; }).captures;
}

[[noreturn]] void keepUntilKilled(const fs::path& path, const PicturePtr& picture) {
  CaptureBench bench(
      [](CaptureSettings&, CaptureParts& parts) {
        parts.step = [](std::string_view step) {
          if (step == "begun") ::kill(::getpid(), SIGKILL);
        };
      },
      path);
  std::promise<void> kept;
  bench.captures->keepStill(CaptureBench::device(), picture, {"u-1", "Ada", ""},
                            [&](const Result<CapturePtr>&) { kept.set_value(); });
  kept.get_future().wait();
  ::_exit(1);
}

}  // namespace

TEST_CASE("a picture whose hub was killed before it was written becomes a failed capture") {
  robohub::test::TempFolder folder;
  const PicturePtr picture = aPicture();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) keepUntilKilled(folder.path(), picture);
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));

  CaptureBench bench({}, folder.path());
  REQUIRE(all(bench).size() == 1);
  const CaptureId id = all(bench).front()->id;
  CHECK(bench.captures->find(id)->state == CaptureState::open);
  bench.clock.advance(11min);
  bench.captures->tick();
  bench.settle(id);
  const CapturePtr capture = bench.captures->find(id);
  CHECK(capture->state == CaptureState::failed);
  CHECK(capture->message == "The picture was not written.");
  CHECK(capture->ended_ms);
}

TEST_CASE("a picture that no thread takes any more is a failed capture at once") {
  CaptureBench bench;
  FileThreads& writers = bench.captures->parts().writers;
  std::promise<void> open;
  const auto opened = open.get_future().share();
  // Both lines to their ends, once their threads have taken the first of them.
  for (const std::int64_t line : {0, 1}) {
    std::promise<void> held;
    REQUIRE(writers.run(line, [&held, opened] {
      held.set_value();
      opened.wait();
    }));
    held.get_future().wait();
    while (writers.run(line, [] {})) {
    }
  }
  const auto kept = store::waitFor<CapturePtr>([&](auto done) {
    bench.captures->keepStill(CaptureBench::device(), aPicture(), {"u-1", "Ada", ""}, done);
  });
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == ErrorCode::exhausted);
  REQUIRE(all(bench).size() == 1);
  CHECK(bench.until(all(bench).front()->id, {CaptureState::failed})->message == "The picture was not written.");
  open.set_value();
}
