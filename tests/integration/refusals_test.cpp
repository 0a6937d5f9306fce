// Who may not move the device does not: bystanders, people whose turn is over, and whoever says again what was said
// before. The hub refuses, and the agent refuses alone.
#include <catch2/catch.hpp>

#include "integration/support/stage.hpp"
#include "integration/support/tap.hpp"

using namespace robohub::integration;

TEST_CASE("bystanders and people whose turn is over are refused by the hub") {
  Stage stage;
  REQUIRE(stage.start());
  Laser laser(stage.edges());
  Page ann(stage.hub, "Ann"), bob(stage.hub, "Bob");
  REQUIRE(ann.drive("d1"));
  REQUIRE(succeeds(ann, "laser", R"({"on":true})"));
  REQUIRE(laser.becomes(true));
  const auto anns = ann.epoch("d1");

  bob.join("d1");
  REQUIRE(eventually([&] { return bob.turnState("d1") == "waiting"; }));
  for (const std::uint64_t epoch : {std::uint64_t{0}, anns, anns + 1}) {
    CHECK(bob.commandOf(epoch, "d1", "laser", R"({"on":false})") == "refused");
    CHECK(bob.lastError() == (epoch == anns + 1 ? bob.lastError() : std::string("conflict")));
  }
  CHECK(laser.on());

  ann.send(R"({"type":"leave","device":"d1"})");
  REQUIRE(eventually([&] { return bob.turnState("d1") == "active"; }));
  CHECK(laser.becomes(false, 1s));
  const int times_on = laser.timesOn();
  CHECK(ann.commandOf(anns, "d1", "laser", R"({"on":true})") == "refused");
  CHECK(ann.commandOf(bob.epoch("d1"), "d1", "laser", R"({"on":true})") == "refused");
  CHECK(bob.epoch("d1") > anns);
  CHECK(laser.timesOn() == times_on);

  // A program without a turn, over HTTP.
  const auto answer =
      stage.hub.request("POST", "/api/v1/devices/d1/commands/laser?wait_ms=2000", R"({"on":true})", ann.cookie());
  INFO(answer.body);
  CHECK((answer.status == 409 || answer.body.find("\"refused\"") != std::string::npos));
  CHECK(laser.timesOn() == times_on);
}

TEST_CASE("the agent alone refuses what was said before, on the same link and on the next") {
  Stage stage;
  stage.hub.start();
  Tap tap(stage.hub.port());
  stage.agent.configure("http://127.0.0.1:" + std::to_string(tap.port()), stage.hub.enrol("d1", "laser_turret"));
  stage.agent.start();
  REQUIRE(stage.agent.online());
  Laser laser(stage.edges());
  auto ann = std::make_unique<Page>(stage.hub, "Ann");
  REQUIRE(ann->drive("d1"));
  REQUIRE(succeeds(*ann, "laser", R"({"on":true})"));
  REQUIRE(laser.becomes(true));

  // Everything that made it shine, as it went over the wire.
  const auto said = tap.fromHub();
  std::vector<std::string> again;
  for (const auto& text : said)
    for (const char* type : {"\"grant\"", "\"beat\"", "\"command\""})
      if (text.find(type) != std::string::npos) again.push_back(text);
  REQUIRE_FALSE(Tap::find(again, {"\"grant\""}).empty());
  REQUIRE_FALSE(Tap::find(again, {"\"command\"", "\"laser\""}).empty());

  ann->send(R"({"type":"leave","device":"d1"})");
  REQUIRE(laser.becomes(false));
  const int times_on = laser.timesOn();
  for (const auto& text : again) tap.sayToAgent(text);
  // The same command under another id is no copy that was answered already.
  std::string renamed = Tap::find(again, {"\"command\"", "\"laser\""});
  const auto id = renamed.find("\"id\":\"") + 6;
  renamed.insert(id, "x-");
  tap.sayToAgent(renamed);
  const auto refusal = [&] { return Tap::find(tap.fromAgent(), {"\"result\"", "\"x-", "\"refused\""}); };
  REQUIRE(eventually([&] { return !refusal().empty(); }));
  CHECK(refusal().find("\"stale\"") != std::string::npos);
  CHECK(laser.timesOn() == times_on);

  tap.cut();
  REQUIRE(stage.agent.online());
  for (const auto& text : again) tap.sayToAgent(text);
  renamed.replace(id, 2, "y-");
  tap.sayToAgent(renamed);
  const auto second = [&] { return Tap::find(tap.fromAgent(), {"\"y-"}); };
  // Behind all of it comes what she says now.
  REQUIRE(ann->drive("d1"));
  REQUIRE(succeeds(*ann, "laser", R"({"on":false})"));
  CHECK(second().empty());  // nobody waits for an answer on this link
  CHECK(laser.timesOn() == times_on);
  CHECK_FALSE(laser.on());
}

TEST_CASE("a wire that holds everything back does not keep the laser on") {
  Stage stage;
  stage.hub.start();
  Tap tap(stage.hub.port());
  stage.agent.configure("http://127.0.0.1:" + std::to_string(tap.port()), stage.hub.enrol("d1", "laser_turret"));
  stage.agent.start();
  REQUIRE(stage.agent.online());
  Laser laser(stage.edges());
  Page ann(stage.hub, "Ann");
  REQUIRE(ann.drive("d1"));
  REQUIRE(succeeds(ann, "laser", R"({"on":true})"));
  REQUIRE(laser.becomes(true));
  waitRandomPhase(300ms);
  const auto fault = monotonicNs();
  tap.hold(true);
  CHECK(laser.becomes(false, 3s));
  CHECK(laser.offNs() - fault <= 550'000'000);
  const int times_on = laser.timesOn();
  // What was held back arrives, seconds late, and moves nothing by itself.
  ann.beating(false);
  std::this_thread::sleep_for(700ms);
  tap.hold(false);
  std::this_thread::sleep_for(300ms);
  CHECK(laser.timesOn() == times_on);
  CHECK_FALSE(laser.on());
}
