// The program is killed before each step of storing a segment; whatever it had acknowledged must be there afterwards,
// and the device, which says everything again, must get the rest through.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

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

}  // namespace

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
