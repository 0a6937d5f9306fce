// Whatever fails between a person and the laser, and whenever: the laser is off in time. Every trial lights it, waits
// for a random phase, and lets one thing fail; the model's own record says when the light went out.
#include <catch2/catch.hpp>

#include <signal.h>

#include "integration/support/stage.hpp"

using namespace robohub::integration;

namespace {

constexpr std::int64_t kDeadmanNs = 500'000'000;  // of the turret
constexpr std::int64_t kMarginNs = 50'000'000;
constexpr int kTrials = 4;

struct Turret : Stage {
  std::unique_ptr<Laser> laser;
  std::unique_ptr<Page> page;
  std::string cookie;

  Turret() {
    REQUIRE(start());
    laser = std::make_unique<Laser>(edges());
  }
  // The same person each time, with a page of its own.
  void light() {
    page = std::make_unique<Page>(hub, "Ann", cookie);
    cookie = page->cookie();
    REQUIRE(page->drive("d1"));
    if (!succeeds(*page, "laser", R"({"on":true})"))
      FAIL("the laser does not light: " << page->lastError() << "\n" << agent.process().output());
    REQUIRE(laser->becomes(true));
    waitRandomPhase(400ms);
    REQUIRE(laser->on());
  }
  // How long it was still on after `fault_ns`.
  void isOffInTime(std::int64_t fault_ns, const char* what) {
    CHECK(laser->becomes(false, 3s));
    const std::int64_t late_ns = laser->offNs() - fault_ns;
    INFO(what << ": off after " << late_ns / 1000 << " us");
    CHECK(late_ns <= kDeadmanNs + kMarginNs);
    std::printf("%s: off after %.1f ms\n", what, static_cast<double>(late_ns) / 1e6);
  }
};

}  // namespace

TEST_CASE("the laser is off in time when the page falls silent") {
  Turret turret;
  for (int trial = 0; trial < kTrials; ++trial) {
    turret.light();
    turret.page->beating(false);
    turret.isOffInTime(turret.page->lastBeatNs(), "page silent");
    turret.page.reset();
  }
}

TEST_CASE("the laser is off in time when the page's socket closes") {
  Turret turret;
  for (int trial = 0; trial < kTrials; ++trial) {
    turret.light();
    const auto fault = monotonicNs();
    turret.page->close();
    turret.isOffInTime(fault, "page closed");
    turret.page.reset();
  }
}

TEST_CASE("the laser is off in time when the hub is killed, and the agent comes back to the next hub by itself") {
  Turret turret;
  std::uint64_t epoch = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    turret.light();
    CHECK(turret.page->epoch("d1") > epoch);
    epoch = turret.page->epoch("d1");
    const auto fault = monotonicNs();
    turret.hub.process().signal(SIGKILL);
    turret.isOffInTime(fault, "hub killed");
    turret.page.reset();
    turret.hub.process().kill();
    turret.hub.start();
    REQUIRE(turret.agent.online());
    CHECK_FALSE(turret.laser->on());
  }
}

TEST_CASE("the laser is off in time when the hub freezes") {
  Turret turret;
  for (int trial = 0; trial < kTrials / 2; ++trial) {
    turret.light();
    const auto fault = monotonicNs();
    turret.hub.process().signal(SIGSTOP);
    turret.isOffInTime(fault, "hub frozen");
    turret.hub.process().signal(SIGCONT);
    turret.page.reset();
    REQUIRE(eventually([&] { return turret.hub.presence("d1") == "online"; }));
  }
}

TEST_CASE("the laser is off in time when the agent is killed") {
  Turret turret;
  for (int trial = 0; trial < kTrials; ++trial) {
    turret.light();
    const auto fault = monotonicNs();
    turret.agent.process().signal(SIGKILL);
    turret.isOffInTime(fault, "agent killed");
    turret.page.reset();
    turret.agent.process().kill();
    turret.agent.start();
    REQUIRE(turret.agent.online());
    CHECK_FALSE(turret.laser->on());
  }
}

TEST_CASE("the laser is off in time when the agent freezes") {
  Turret turret;
  for (int trial = 0; trial < kTrials; ++trial) {
    turret.light();
    const auto fault = monotonicNs();
    turret.agent.process().signal(SIGSTOP);
    turret.isOffInTime(fault, "agent frozen");
    turret.agent.process().signal(SIGCONT);
    turret.page.reset();
    REQUIRE(eventually([&] { return turret.hub.presence("d1") == "online"; }));
  }
}

TEST_CASE("the output is off in time when its driver hangs and the page falls silent") {
  Stage stage("test_hanging", "");
  REQUIRE(stage.start("test_hanging"));
  auto* const out = stage.outputs();
  std::string cookie;
  for (int trial = 0; trial < kTrials / 2; ++trial) {
    Page page(stage.hub, "Ann", cookie);
    cookie = page.cookie();
    REQUIRE(page.drive("d1"));
    REQUIRE(succeeds(page, "before", "{}"));
    REQUIRE(out->energised == 1);
    out->hold = 1;
    page.post(page.epoch("d1"), "d1", "before", "{}");
    REQUIRE(eventually([&] { return out->waiting == 1; }));
    waitRandomPhase(100ms);
    REQUIRE(out->energised == 1);
    page.beating(false);
    const auto fault = page.lastBeatNs();
    CHECK(eventually([&] { return out->energised == 0; }));
    const std::int64_t late_ns = out->off_ns - fault;
    INFO("off after " << late_ns / 1000 << " us");
    CHECK(late_ns <= 300'000'000 + kMarginNs);
    std::printf("driver hangs: off after %.1f ms\n", static_cast<double>(late_ns) / 1e6);
    // Let go, the hanging command must not switch on again.
    const auto passed = out->passed.load();
    out->hold = 0;
    CHECK(eventually([&] { return out->passed > passed || out->waiting == 0; }));
    std::this_thread::sleep_for(50ms);
    CHECK(out->energised == 0);
  }
}

TEST_CASE("a driver that hangs beyond its command's time is killed and opened again, which is safe") {
  Stage stage("test_hanging", "");
  REQUIRE(stage.start("test_hanging"));
  auto* const out = stage.outputs();
  Page page(stage.hub, "Ann");
  REQUIRE(page.drive("d1"));
  REQUIRE(succeeds(page, "before", "{}"));
  const auto opens = out->opens.load();
  out->hold = 1;
  const auto state = page.command("d1", "before", "{}", 8s);
  INFO("the command ended as " << state);
  CHECK((state == "expired" || state == "failed"));
  CHECK(eventually([&] { return out->opens > opens && out->energised == 0; }, 5s));
  out->hold = 0;
  CHECK(out->energised == 0);
  CHECK(succeeds(page, "before", "{}"));
  CHECK(out->energised == 1);
}
