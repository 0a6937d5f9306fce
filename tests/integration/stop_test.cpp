// A stop is shown as confirmed only when the device said so, holds over everything, and ends only by its reset.
#include <catch2/catch.hpp>

#include <signal.h>

#include "integration/support/stage.hpp"

using namespace robohub::integration;

namespace {

// No "confirmed" before an "unconfirmed" or the end.
bool claimsTooMuch(const std::vector<std::string>& states) {
  return std::find(states.begin(), states.end(), "confirmed") != states.end();
}

AgentSetup followingSetup(const std::filesystem::path& folder) {
  AgentSetup setup = turretSetup(folder);
  setup.driver.insert(1, "laser_follows_turn: true, ");
  return setup;
}

}  // namespace

TEST_CASE("anybody who watches stops the device, and it stays stopped until an administrator ends it") {
  Stage stage;
  REQUIRE(stage.start());
  Laser laser(stage.edges());
  Page ann(stage.hub, "Ann"), bob(stage.hub, "Bob");
  REQUIRE(ann.drive("d1"));
  REQUIRE(succeeds(ann, "laser", R"({"on":true})"));
  REQUIRE(laser.becomes(true));
  bob.send(R"({"type":"watch","device":"d1"})");

  const auto pressed = monotonicNs();
  bob.send(R"({"type":"stop","device":"d1","reason":"the cat is tired"})");
  CHECK(laser.becomes(false, 2s));
  CHECK(laser.offNs() - pressed < 200'000'000);
  std::printf("stop: off after %.1f ms\n", static_cast<double>(laser.offNs() - pressed) / 1e6);
  REQUIRE(eventually([&] { return bob.stopState("d1") == "confirmed"; }));
  const int times_on = laser.timesOn();
  CHECK(ann.command("d1", "laser", R"({"on":true})") == "refused");

  SECTION("the holder may not end it where there is a hazard; an administrator may") {
    const auto by_holder = stage.hub.request("POST", "/api/v1/devices/d1/stop/reset", "{}", ann.cookie());
    CHECK(by_holder.status == 403);
    const auto reset = stage.hub.request("POST", "/api/v1/devices/d1/stop/reset", "{}", stage.hub.administrator());
    CHECK(reset.status < 300);
    REQUIRE(eventually([&] { return ann.stopState("d1") == "none"; }));
    CHECK(laser.timesOn() == times_on);  // the end of a stop lights nothing
  }
  SECTION("a killed hub remembers it") {
    stage.hub.process().kill();
    stage.hub.start();
    REQUIRE(stage.agent.online());
    REQUIRE(eventually([&] { return stage.hub.stopState("d1") == "confirmed"; }));
  }
  SECTION("a killed agent is told again") {
    stage.agent.process().kill();
    CHECK(eventually([&] { return stage.hub.stopState("d1") == "unconfirmed"; }));
    stage.agent.start();
    REQUIRE(stage.agent.online());
    REQUIRE(eventually([&] { return stage.hub.stopState("d1") == "confirmed"; }));
  }
  CHECK_FALSE(laser.on());
}

TEST_CASE("a stop of a device that is away is not confirmed until it is back and safe") {
  Stage stage;
  REQUIRE(stage.start());
  Page ann(stage.hub, "Ann");
  ann.send(R"({"type":"watch","device":"d1"})");
  stage.agent.process().kill();
  REQUIRE(eventually([&] { return stage.hub.presence("d1") == "offline"; }));
  ann.send(R"({"type":"stop","device":"d1"})");
  REQUIRE(eventually([&] { return ann.stopState("d1") == "unconfirmed"; }));
  CHECK_FALSE(claimsTooMuch(ann.stopStates("d1")));
  stage.agent.start();
  REQUIRE(stage.agent.online());
  CHECK(eventually([&] { return ann.stopState("d1") == "confirmed"; }));
}

TEST_CASE("a stop of a frozen agent is not confirmed") {
  Stage stage;
  REQUIRE(stage.start());
  Page ann(stage.hub, "Ann");
  ann.send(R"({"type":"watch","device":"d1"})");
  stage.agent.process().signal(SIGSTOP);
  ann.send(R"({"type":"stop","device":"d1"})");
  REQUIRE(eventually([&] { return ann.stopState("d1") == "sent" || ann.stopState("d1") == "unconfirmed"; }));
  std::this_thread::sleep_for(300ms);
  CHECK_FALSE(claimsTooMuch(ann.stopStates("d1")));
  stage.agent.process().signal(SIGCONT);
  CHECK(eventually([&] { return ann.stopState("d1") == "confirmed"; }, 10s));
}

TEST_CASE("a halt that fails or hangs is not confirmed before the driver was opened again") {
  const bool fails = GENERATE(true, false);
  INFO((fails ? "the halt fails" : "the halt hangs"));
  Stage stage("test_bad_halt", fails ? ", fails: true" : "");
  REQUIRE(stage.start("test_bad_halt"));
  auto* const out = stage.outputs();
  Page ann(stage.hub, "Ann");
  REQUIRE(ann.drive("d1"));
  REQUIRE(succeeds(ann, "on", "{}"));
  REQUIRE(out->energised == 1);
  const auto opens = out->opens.load();
  out->hold = 1;
  ann.send(R"({"type":"stop","device":"d1"})");
  REQUIRE(eventually([&] { return ann.stopState("d1") == "confirmed"; }));
  // Confirmed means: its process was replaced, and the new one began by switching off.
  CHECK(out->opens > opens);
  CHECK(out->energised == 0);
  const auto states = ann.stopStates("d1");
  CHECK(std::find(states.begin(), states.end(), "unconfirmed") != states.end());
  out->hold = 0;
}

TEST_CASE("a laser that follows the turn stays off where its driver is opened anew within the turn") {
  Stage stage(followingSetup);
  REQUIRE(stage.start());
  Page ann(stage.hub, "Ann");
  int times_on = 0;  // so far: the file of edges outlives the drivers
  {
    Laser laser(stage.edges());
    REQUIRE(ann.drive("d1"));
    REQUIRE(laser.becomes(true));  // the turn has begun
    times_on = laser.timesOn();
    REQUIRE(::kill(static_cast<pid_t>(laser.ownerPid()), SIGKILL) == 0);
    REQUIRE(laser.becomes(false));
  }
  const auto staysOff = [&] {
    REQUIRE(succeeds(ann, "aim", R"({"x_px":320,"y_px":300})"));  // driven again, on the same turn
    Laser laser(stage.edges());
    CHECK(laser.timesOn() == times_on);
    CHECK_FALSE(laser.on());
    REQUIRE(succeeds(ann, "laser", R"({"on":true})"));
    CHECK(laser.becomes(true));
    times_on = laser.timesOn();
  };
  staysOff();
  const auto epoch = ann.epoch("d1");
  CHECK(stage.agent.process().end() == 0);
  stage.agent.start();
  REQUIRE(stage.agent.online());
  staysOff();
  CHECK(ann.epoch("d1") == epoch);
}
