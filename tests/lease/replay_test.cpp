// Whatever was said once moves nothing when it is said again, at no moment of any later turn: the agent refuses alone
// what comes over its wire, the hub what comes from pages, and the driver's own record says that nothing shone.
#include <catch2/catch.hpp>

#include "lease/turret.hpp"

using namespace lease;

TEST_CASE("what was said in earlier turns moves nothing at any moment of a later one") {
  Turret turret;
  auto ann = turret.page("Ann");
  int said = 0;
  const auto again = [&](const char* moment) {
    said += turret.sayAgainToAgent();
    turret.checkDark(moment);
  };
  turret.play(*ann);
  again("in the same turn, after the light was put out");

  turret.cutWire();
  again("in the same turn, on the next link");
  turret.play(*ann);  // and the turn goes on
  turret.leave(*ann);
  again("after the end");

  auto bob = turret.page("Bob");
  bob->join("d1");
  again("while the next turn begins");
  REQUIRE(test::eventually([&] { return bob->turnState("d1") == "active"; }));
  again("right after the next grant");
  turret.play(*bob);
  again("in the next turn");
  said += turret.sayAgainToHub(*ann);
  said += turret.sayAgainToHub(*bob);
  turret.checkDark("said by both pages in the next turn");

  const std::string bobs = bob->cookie(), anns = ann->cookie();
  bob.reset();
  again("in the time of grace");
  bob = turret.page("Bob", bobs);
  turret.play(*bob);
  turret.leave(*bob);

  turret.play(*ann);
  said += turret.sayAgainToHub(*ann);
  again("in a later turn of the same person");

  turret.restartHub();
  again("after the hub's restart, before any turn");
  ann = turret.page("Ann", anns);
  turret.play(*ann);
  again("after the hub's restart, in a turn");
  said += turret.sayAgainToHub(*ann);
  turret.checkDark("said by the page after the hub's restart");

  turret.restartAgent();
  again("after the agent's restart");
  turret.play(*ann);
  again("after the agent's restart, in a turn");

  REQUIRE(turret.hub.request("POST", "/api/v1/devices/d1/stop", "{}", turret.hub.administrator()).status < 300);
  REQUIRE(test::eventually([&] { return turret.hub.stopState("d1") == "confirmed"; }));
  again("while it is stopped");
  REQUIRE(turret.hub.request("POST", "/api/v1/devices/d1/stop/reset", "{}", turret.hub.administrator()).status < 300);
  REQUIRE(test::eventually([&] { return turret.hub.stopState("d1") == "none"; }));
  again("after a stop was ended");
  std::printf("replay: %d messages said again\n", said);
}

TEST_CASE("a command that is held back for seconds moves nothing once its turn is over") {
  Turret turret;
  auto ann = turret.page("Ann"), bob = turret.page("Bob");
  turret.play(*ann);
  const auto anns = ann->epoch("d1");
  bob->join("d1");
  REQUIRE(test::eventually([&] { return bob->turnState("d1") == "waiting"; }));

  // Accepted and sent in Ann's turn; it does not reach the device.
  turret.wire().hold(true);
  const auto key = ann->post(anns, "d1", "laser", R"({"on":true})");
  std::string held;
  REQUIRE(test::eventually([&] {
    for (const auto& text : turret.wire().fromHub())
      if (text.find("\"command\"") != std::string::npos && text.find("true") != std::string::npos) held = text;
    return !held.empty() && test::Tap::find(turret.pages().fromAgent(), {"\"" + key + "\""}) != "";
  }));

  SECTION("by a wire that comes back when the turn of somebody else has begun") {
    turret.leave(*ann);
    std::this_thread::sleep_for(2s);  // that long it is on its way
    turret.wire().hold(false);
    turret.play(*bob);
    turret.checkDark("after all of it came");
  }
  SECTION("by a wire that is cut, and is let go in turns of others and of the same person") {
    turret.wire().cut();
    turret.wire().hold(false);
    REQUIRE(turret.agent.online(20s));
    turret.wire().sayToAgent(held);
    turret.leave(*ann);
    turret.wire().sayToAgent(held);
    turret.play(*bob);
    turret.wire().sayToAgent(held);
    turret.sayAgainToAgent();
    turret.checkDark("in the turn of somebody else");
    turret.leave(*bob);
    turret.play(*ann);
    turret.wire().sayToAgent(held);
    turret.sayAgainToAgent();
    turret.checkDark("in a later turn of the same person");
  }
}

TEST_CASE("what a page said and the network held back moves nothing in a later turn of the same person") {
  Turret turret;
  auto slow = turret.page("Ann");
  turret.play(*slow);
  const auto then = slow->epoch("d1");
  turret.pages().hold(true);
  const auto key = slow->post(then, "d1", "laser", R"({"on":true})");
  // Her other window is on another network.
  test::Page quick(turret.hub, "", slow->cookie());
  REQUIRE(quick.drive("d1"));
  turret.leave(quick);
  turret.play(quick);
  REQUIRE(quick.epoch("d1") > then);
  turret.pages().hold(false);
  REQUIRE(test::eventually([&] { return test::Tap::find(turret.pages().fromHub(), {key, "refused"}) != ""; }, 10s));
  turret.checkDark("in her later turn");
}
