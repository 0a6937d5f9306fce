// Somebody sets the clocks of hub and agent ten days ahead, back, and ten days behind, while people drive and wait: no
// turn begins, ends or is refused for it, nothing of before moves anything, and what is written stays in order.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "lease/turret.hpp"
#include "soak/safety/canary.hpp"

using namespace lease;
namespace fs = std::filesystem;

namespace {

// What programs that are started while it lives take for the wall clock (set_clock.c).
class SetClock {
 public:
  explicit SetClock(const fs::path& file) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void* memory = MAP_FAILED;
    if (fd >= 0 && ::ftruncate(fd, sizeof(std::int64_t)) == 0)
      memory = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory for the clock");
    ahead_s_ = static_cast<std::atomic<std::int64_t>*>(memory);
    if (const char* before = ::getenv("LD_PRELOAD")) preloaded_ = before;
    ::setenv("SET_CLOCK_FILE", file.c_str(), 1);
    ::setenv("LD_PRELOAD", (std::string(TEST_SET_CLOCK) + (preloaded_.empty() ? "" : ":" + preloaded_)).c_str(), 1);
  }
  ~SetClock() {
    ::unsetenv("SET_CLOCK_FILE");
    ::unsetenv("LD_PRELOAD");
    if (!preloaded_.empty()) ::setenv("LD_PRELOAD", preloaded_.c_str(), 1);
    ::munmap(ahead_s_, sizeof(std::int64_t));
  }
  void set(std::int64_t ahead_s) { *ahead_s_ = ahead_s; }

 private:
  std::atomic<std::int64_t>* ahead_s_ = nullptr;
  std::string preloaded_;
};

constexpr std::int64_t kDayS = 24 * 3600;
// A machine that stood still for so long may have put out a light: two such pauses in a row are nearly a permit's time.
constexpr std::int64_t kPauseNs = 200'000'000;

struct Clocked {
  robohub::test::TempFolder folder;
  SetClock clock;
  Turret turret;
  Clocked()
      : clock(folder.path() / "ahead"),
        // The guests' section is the last that is there already.
        turret(
            "  session: 60d\nturns: {grace: 2s, length: 8s, warning: 2s, handover: 8s}\n"
            "accounts: {idle: 60d, session: 90d}\n") {}

  // How far the hub's clock is from ours.
  std::int64_t aheadS() {
    const auto answer = turret.hub.request("GET", "/api/v1/devices", "", turret.hub.administrator());
    std::tm parts{};
    ::strptime(std::string(answer.headers.get("Date")).c_str(), "%a, %d %b %Y %H:%M:%S", &parts);
    return ::timegm(&parts) - std::time(nullptr);
  }
  bool sets(int days) {
    clock.set(days * kDayS);
    return test::eventually([&] { return std::abs(aheadS() - days * kDayS) < 60; });
  }
  bool signedIn(const std::string& cookie) {
    return turret.hub.request("GET", "/api/v1/session", "", cookie).status == 200;
  }
  // Something measured in the last minute of the hub's time is in the history.
  bool measured() {
    const std::int64_t now_ms = (std::time(nullptr) + aheadS()) * 1000;
    return test::eventually([&] {
      const auto answer = turret.hub.request(
          "GET",
          "/api/v1/devices/d1/telemetry.ndjson?step=raw&channel=pointing&from=" + std::to_string(now_ms - 60'000) +
              "&to=" + std::to_string(now_ms + 60'000),
          "", turret.hub.administrator());
      return answer.status == 200 && answer.body.find("x_counts") != std::string::npos;
    });
  }
};

}  // namespace

TEST_CASE("clocks that jump ten days either way begin, end and refuse no turn") {
#ifdef ROBOHUB_SANITIZED
  WARN("left out: nothing can be preloaded before a sanitizer");
  return;
#endif
  Clocked stage;
  auto& turret = stage.turret;
  auto ann = turret.page("Ann"), bob = turret.page("Bob");
  const std::string anns = ann->cookie();
  turret.play(*ann);
  const auto epoch = ann->epoch("d1");
  const soak::Canary canary;
  const auto lit_ns = test::monotonicNs();
  const int times_before = turret.laser().timesOn();
  REQUIRE(test::succeeds(*ann, "laser", R"({"on":true})"));
  REQUIRE(test::eventually([&] { return turret.laser().timesOn() > times_before; }));
  const int times_on = turret.laser().timesOn();
  const auto stoodStill = [&] {
    std::this_thread::sleep_for(50ms);  // a pause is noted behind its end
    return canary.longestNs(lit_ns, test::monotonicNs()) > kPauseNs;
  };

  // From now on her turn has its end.
  bob->join("d1");
  REQUIRE(test::eventually([&] { return bob->turnState("d1") == "waiting"; }));
  const auto joined = test::monotonicNs();
  int x = 300;
  for (const int days : {10, 0, -10}) {
    INFO("the clock is " << days << " days ahead");
    REQUIRE(stage.sets(days));
    const bool moves = test::succeeds(*ann, "servo", "{\"x_counts\":" + std::to_string(++x) + ",\"y_counts\":300}");
    const bool lit = turret.laser().on();
    const auto now_epoch = ann->epoch("d1");
    const std::string next = bob->turnState("d1");
    if (test::monotonicNs() - joined > 7'000'000'000) {
      WARN("left out: this machine is too slow to set all clocks within one turn");
      break;
    }
    CHECK(moves);
    if (!lit && stoodStill())
      WARN("left out: the machine stood still while a light was to burn");
    else
      CHECK(lit);
    CHECK(now_epoch == epoch);
    CHECK(next == "waiting");
    CHECK(stage.signedIn(anns));
  }
  CHECK(turret.laser().timesOn() == times_on);
  // It ends when it was to, by a clock that nobody sets.
  REQUIRE(test::eventually([&] { return bob->turnState("d1") == "active"; }, 15s));
  CHECK(test::monotonicNs() - joined >= 7'500'000'000);
  CHECK(bob->epoch("d1") > epoch);
  CHECK(turret.laser().becomes(false, 1s));

  turret.play(*bob);
  for (const int days : {10, -10}) {
    INFO("in the next turn, the clock is " << days << " days ahead");
    REQUIRE(stage.sets(days));
    turret.sayAgainToAgent();
    turret.sayAgainToHub(*ann);
    turret.checkDark("after a jump");
    turret.play(*bob);
    CHECK(test::succeeds(*bob, "servo", "{\"x_counts\":" + std::to_string(++x) + ",\"y_counts\":300}"));
    CHECK(stage.measured());
  }
  const auto verified = turret.hub.request("GET", "/api/v1/audit/verify", "", turret.hub.administrator()).body;
  CHECK(verified.find("\"good\":true") != std::string::npos);

  // A machine without a clock of its own starts in the past.
  const auto bobs = bob->epoch("d1");
  turret.leave(*bob);
  turret.restartHub();
  ann = turret.page("Ann", anns);
  turret.play(*ann);
  CHECK(ann->epoch("d1") > bobs);
  turret.sayAgainToAgent();
  turret.checkDark("after a start in the past");
}
