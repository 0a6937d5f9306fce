// The program is killed before each step of storing a segment and of joining a capture; whatever it had acknowledged
// must be there afterwards, and the device, which says everything again, must get the rest through.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "unit/media/capture_bench.hpp"

using namespace robohub;
using namespace robohub::media;
using namespace robohub::media::test;

namespace {

constexpr std::uint32_t kSegments = 3;

std::string content(std::uint32_t number) {
  return std::string(150'000 + number * 1000, static_cast<char>('a' + number));
}

// Says all of it from the beginning, as an agent does after a loss, and each acknowledged number on the pipe. Ends
// itself before the `countdown`th step of that name.
[[noreturn]] void sendUntilKilled(const fs::path& path, const std::string& step, int countdown, int ledger) {
  CaptureBench bench(
      [&](CaptureSettings&, CaptureParts& parts) {
        parts.step = [step, countdown](std::string_view name) mutable {
          if (name == step && --countdown == 0) ::_exit(9);
        };
      },
      path);
  const auto id = bench.begin("k");
  if (!id) ::_exit(1);
  for (std::uint32_t number = 0; number < kSegments; ++number) {
    if (!bench.send(*id, number, content(number))) ::_exit(2);
    if (::write(ledger, &number, sizeof number) != sizeof number) ::_exit(3);
  }
  ::_exit(0);
}

// Whether the originals are gone, which is done behind the news of the video.
bool originalsGo(const CaptureBench& bench, CaptureId id) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < until) {
    if (!fs::exists(bench.file(id, "00000.seg")) && !fs::exists(bench.file(id, "00002.seg"))) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

// Begins, sends, ends and waits for the video, killed before the `countdown`th step of that name.
[[noreturn]] void joinUntilKilled(const fs::path& path, const std::vector<std::string>& parts_of_video,
                                  const std::string& step, int countdown) {
  CaptureBench bench(
      [&](CaptureSettings&, CaptureParts& parts) {
        parts.step = [step, countdown](std::string_view name) mutable {
          if (name == step && --countdown == 0) ::kill(::getpid(), SIGKILL);
        };
      },
      path);
  const auto id = bench.begin("k");
  if (!id) ::_exit(1);
  for (std::uint32_t number = 0; number < kSegments; ++number)
    if (!bench.send(*id, number, parts_of_video[number])) ::_exit(2);
  if (!bench.end(*id, kSegments)) ::_exit(3);
  if (bench.joined(*id)->state != CaptureState::ready) ::_exit(4);
  ::_exit(originalsGo(bench, *id) ? 0 : 5);
}

}  // namespace

TEST_CASE("a hub that is killed while a capture begins, ends or is joined has one whole video of it afterwards") {
  const auto parts_of_video = mp4Silent();
  const std::pair<const char*, int> kills[] = {{"begin", 1},   {"begun", 1},   {"ended", 1},    {"join", 1},
                                               {"reading", 1}, {"reading", 2}, {"reading", 3},  {"video", 1},
                                               {"still", 1},   {"joined", 1},  {"originals", 1}};
  for (const auto& [step, countdown] : kills) {
    INFO(step << ", the time " << countdown);
    robohub::test::TempFolder folder;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) joinUntilKilled(folder.path(), parts_of_video, step, countdown);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGKILL);

    // The device has heard of nothing, or of a part, and says all of it again.
    CaptureBench bench({}, folder.path());
    const CaptureId id = bench.begin("k").value();
    for (std::uint32_t number = 0; number < kSegments; ++number) CHECK(bench.send(id, number, parts_of_video[number]));
    CHECK(bench.end(id, kSegments));
    const CapturePtr capture = bench.joined(id);
    INFO(capture->message);
    CHECK(capture->state == CaptureState::ready);
    CHECK(capture->gaps.empty());
    CHECK(capture->message == "");
    CHECK(bench.captures->list({}, [](const Capture&) { return true; }).captures.size() == 1);
    for (const auto& segment : bench.segments(id)) CHECK(segment.state == SegmentState::joined);
    const Probe video = probe(bench.file(id, "video.mp4"));
    CHECK(video.pictures == 150);
    CHECK(video.monotonic);
    CHECK(originalsGo(bench, id));
    for (const auto& entry : fs::directory_iterator(bench.file(id, ""))) CHECK(entry.path().extension() != ".part");
  }
}

TEST_CASE("a crash before any step of storing loses nothing that was acknowledged, and the rest comes through") {
  for (const char* step : {"first bytes", "bytes", "sync", "rename", "row", "acknowledge"}) {
    for (const int countdown : {1, 2, 3}) {
      INFO(step << ", the time " << countdown);
      robohub::test::TempFolder folder;
      int ledger[2];
      REQUIRE(::pipe(ledger) == 0);
      const pid_t child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        ::close(ledger[0]);
        sendUntilKilled(folder.path(), step, countdown, ledger[1]);
      }
      ::close(ledger[1]);
      std::vector<std::uint32_t> acknowledged;
      std::uint32_t number = 0;
      while (::read(ledger[0], &number, sizeof number) == sizeof number) acknowledged.push_back(number);
      ::close(ledger[0]);
      int status = 0;
      ::waitpid(child, &status, 0);
      REQUIRE(WIFEXITED(status));
      REQUIRE(WEXITSTATUS(status) == 9);

      CaptureBench bench({}, folder.path());
      const CaptureId id = bench.begin("k").value();
      for (const std::uint32_t each : acknowledged) {
        auto again = bench.start(id, bench.announced(each, content(each)));
        CHECK(again.offset().value() == content(each).size());
        CHECK(bench.finish(*again.writer));
      }
      for (std::uint32_t each = 0; each < kSegments; ++each) {
        CHECK(bench.send(id, each, content(each)));
        CHECK(readFile(bench.file(id, "0000" + std::to_string(each) + ".seg")) == content(each));
      }
      CHECK(bench.captures->find(id)->bytes == 3 * 150'000 + 3000);
    }
  }
}
