// Whom the robots' door keeps out, and whom nobody can shut out.
#include "unit/gateway/robot_tcp/rig.hpp"
#include "unit/hub/log_file.hpp"

using namespace robohub;
using namespace robohub::gateway::test;
using namespace std::chrono_literals;

TEST_CASE("A robot that was revoked waits for an administrator, also where robots become devices by themselves") {
  RobotHub hub;
  {
    Robot robot(hub, "r");
    REQUIRE(hub.online("robot-r"));
    CHECK(hub.asAdministrator("DELETE", "/api/v1/devices/robot-r").status == 204);
    CHECK(robot.peer.closedWithin(3000));
  }
  Robot again(hub, "r");
  REQUIRE_FALSE(again.isDevice());
  // Nor does another one of the same name as a device take the revoked one's place.
  Robot like(hub, "R");
  CHECK_FALSE(like.isDevice());
  CHECK(hub.presence("robot-r").empty());
  CHECK(hub.asAdministrator("POST", "/api/v1/pending/robot_tcp/r", R"({"device":"robot-r"})").status == 201);
  CHECK(hub.online("robot-r"));
  // Others are as welcome as before.
  CHECK(Robot(hub, "other").isDevice());
}

TEST_CASE("A robot that comes and goes all the time is let in once a second, and is there in the end") {
  RobotHub hub;
  {
    Robot first(hub, "r");
    REQUIRE(hub.online("robot-r"));
  }
  REQUIRE(eventually([&] { return hub.presence("robot-r") == "offline"; }));
  const robohub::test::LogFile told;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) Robot(hub, "r").object();  // the welcome
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - begun).count();
  CHECK(told.count("The device is online.") <= static_cast<std::size_t>(seconds) + 1);
  std::unique_ptr<Robot> last;
  CHECK(eventually([&] {
    last = std::make_unique<Robot>(hub, "r");
    try {
      return last->isDevice();
    } catch (const std::runtime_error&) {
      return false;  // the one before it is not gone yet
    }
  }));
  CHECK(hub.online("robot-r"));
}

TEST_CASE("Many who call themselves like a robot that is there are told of once") {
  RobotHub hub;
  Robot first(hub, "r");
  REQUIRE(hub.online("robot-r"));
  const robohub::test::LogFile told;
  for (int i = 0; i < 50; ++i) {
    first.say(R"({"type":"msg","data":{"data":"here"}})");
    Robot other(hub, "r");
    other.await("connected already");
  }
  CHECK(told.count("is connected already") == 1);
  CHECK(hub.presence("robot-r") == "online");
}

TEST_CASE("One address that connects and says nothing leaves room for robots of others") {
  RobotHub hub;
  std::vector<std::unique_ptr<net::test::RawPeer>> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(std::make_unique<net::test::RawPeer>(hub.robots));
  Robot robot(hub, "r", "Robot X", "127.0.0.2");
  CHECK(robot.isDevice());
  // Whoever is too much is sent away at once, and the others may stay.
  CHECK(silent.back()->closedWithin(1000));
  CHECK_FALSE(silent.front()->closedWithin(100));
  silent.clear();
  CHECK(eventually([&] {
    Robot own(hub, "own");
    try {
      return own.isDevice();
    } catch (const std::runtime_error&) {
      return false;
    }
  }));
}

TEST_CASE("Robots of one address that wait leave room for those of others") {
  RobotHub hub([](hub::Settings& settings) { settings.robots.accept_all = false; });
  std::vector<std::unique_ptr<Robot>> waiting;
  int turned_away = 0;
  for (int i = 0; i < 160; ++i) {
    waiting.push_back(std::make_unique<Robot>(hub, std::to_string(i)));
    std::string told;
    do told = waiting.back()->object();
    while (told.find("ait") == std::string::npos);
    turned_away += told.find("Too many") != std::string::npos;
  }
  CHECK(turned_away > 0);
  CHECK(turned_away < 160);
  Robot other(hub, "other", "Robot X", "127.0.0.2");
  CHECK_FALSE(other.isDevice());
}

TEST_CASE("Robots that become devices by themselves are many at most at once; further ones wait") {
  RobotHub hub;
  int devices = 0;
  for (int i = 0; i < 150; ++i) devices += Robot(hub, std::to_string(i)).isDevice();
  CHECK(devices >= 128);
  CHECK(devices < 140);
  // Those that are known come in.
  CHECK(Robot(hub, "0").isDevice());
}
