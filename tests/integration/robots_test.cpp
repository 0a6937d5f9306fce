// The older robot server's programs, as brittle as they are, at a real hub: neither dies of what it is told.
#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>

#include "integration/support/hub_process.hpp"
#include "integration/support/page.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::integration;

namespace {

constexpr const char* kSettings =
    "robots:\n  listen: 127.0.0.1:0\n  browsers: 127.0.0.1:0\n  accept: auto\n  accept_unfenced: true\n"
    "  origins: [\"http://127.0.0.1:5000\"]\n";

// A hub with its doors for robots, and a robot that is a device.
struct OldRobots {
  explicit OldRobots(const std::string& settings = kSettings) : hub(folder.path(), settings) {
    hub.start();
    robots = door("robohub: robot_tcp at ");
    browsers = door("robohub: robot_browsers at ");
  }
  std::string door(const std::string& start) {
    const auto line = hub.process().line(start);
    if (!line) throw std::runtime_error("no door:\n" + hub.process().output());
    return line->substr(start.size());
  }
  void startRobot(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{robots, "1as6df", "Robot X"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    robot.start(TEST_STANDINS "/robot", arguments);
    REQUIRE(eventually([&] { return hub.presence("robot-1as6df") == "online"; }, 10s));
  }
  bool receiverLives() { return robot.output().find("receiver dead") == std::string::npos; }
  // The newest of what the motors were told.
  std::string motors() {
    const std::string said = robot.output();
    const auto at = said.rfind("\nm1 ");
    return at == std::string::npos ? "" : said.substr(at + 1, said.find('\n', at + 1) - at - 1);
  }

  robohub::test::TempFolder folder;
  HubProcess hub;
  std::string robots, browsers;
  Process robot;
};

}  // namespace

TEST_CASE("the old page drives the old robot through the hub, and neither dies of it") {
  OldRobots old;
  old.startRobot();
  Process page;
  page.start(TEST_STANDINS "/robot_browser", {old.browsers, "1as6df", "1000", "40"});
  REQUIRE(old.robot.line("m1 CCW 40 m2 CW 40"));
  REQUIRE(page.line("released"));
  CHECK(eventually([&] { return old.motors() == "m1 CCW 0 m2 CW 0"; }));
  CHECK(old.robot.line("led on"));
  CHECK(old.robot.line("led off"));
  CHECK(old.robot.line("text Grüße }{ aus dem Labor"));
  CHECK(page.exitCode() == 0);
  const std::string seen = page.output();
  INFO(seen);
  CHECK(seen.find("page dead") == std::string::npos);
  CHECK(seen.find("orientation_data") != std::string::npos);
  CHECK(seen.find("climate_data") != std::string::npos);
  INFO(old.robot.output());
  CHECK(old.receiverLives());
  CHECK(old.robot.output().find("lost ") == std::string::npos);
  // Twenty a second for a second, none of them late enough for the dead-man.
  std::size_t standing = 0, driving = 0;
  const std::string told = old.robot.output();
  for (std::size_t at = 0; (at = told.find("\nm1 ", at)) != std::string::npos; ++at)
    ++(told.compare(at + 1, 18, "m1 CCW 40 m2 CW 40") == 0 ? driving : standing);
  CHECK(driving >= 15);
}

TEST_CASE("two old pages and the hub's own share one old robot in one line") {
  OldRobots old;
  old.startRobot({"--tenths"});
  Page ann(old.hub, "Ann");
  REQUIRE(ann.drive("robot-1as6df"));
  // Right after a turn begins there is no permit yet.
  REQUIRE(eventually([&] {
    return ann.command("robot-1as6df", "drive", R"({"left_percent":30,"right_percent":-30})") == "succeeded";
  }));
  REQUIRE(old.robot.line("m1 CCW 30 m2 CCW 30"));
  Process page;
  page.start(TEST_STANDINS "/robot_browser", {old.browsers, "1as6df", "1000", "40"});
  const auto told = page.line("got {\"type\":\"msg\",\"data\":{\"data\":\"Somebody else drives");
  CHECK(told);
  REQUIRE(page.line("released"));
  CHECK(old.robot.output().find("m1 CCW 40") == std::string::npos);
  CHECK(page.exitCode() == 0);
  CHECK(page.output().find("page dead") == std::string::npos);
  CHECK(old.receiverLives());
}

TEST_CASE("an old robot stands still when whoever drives is killed, and when the hub ends") {
  OldRobots old;
  old.startRobot();
  {
    Process page;
    page.start(TEST_STANDINS "/robot_browser", {old.browsers, "1as6df", "60000", "40"});
    REQUIRE(old.robot.line("m1 CCW 40 m2 CW 40"));
    page.kill();
  }
  CHECK(eventually([&] { return old.motors() == "m1 CCW 0 m2 CW 0"; }, 1s));
  Process page;
  page.start(TEST_STANDINS "/robot_browser", {old.browsers, "1as6df", "60000", "41"});
  REQUIRE(old.robot.line("m1 CCW 41 m2 CW 41"));
  CHECK(old.hub.process().end() == 0);
  CHECK(old.robot.exitCode() == 0);
  CHECK(old.motors() == "m1 CCW 0 m2 CW 0");
  CHECK(old.robot.output().find("closed") != std::string::npos);
  CHECK(old.receiverLives());
  page.kill();
}

TEST_CASE("an old robot stands still while its page is frozen and goes on when it is back") {
  OldRobots old;
  old.startRobot();
  Process page;
  page.start(TEST_STANDINS "/robot_browser", {old.browsers, "1as6df", "60000", "40"});
  REQUIRE(old.robot.line("m1 CCW 40 m2 CW 40"));
  page.signal(SIGSTOP);
  CHECK(eventually([&] { return old.motors() == "m1 CCW 0 m2 CW 0"; }, 1s));
  page.signal(SIGCONT);
  CHECK(eventually([&] { return old.motors() == "m1 CCW 40 m2 CW 40"; }, 2s));
  CHECK(old.receiverLives());
  page.kill();
}

TEST_CASE("an old robot, which never dials again, outlives a hub that stood still, and stands by then") {
  OldRobots old;
  old.startRobot();
  Process page;
  page.start(TEST_STANDINS "/robot_browser", {old.browsers, "1as6df", "60000", "40"});
  REQUIRE(old.robot.line("m1 CCW 40 m2 CW 40"));
  old.hub.process().signal(SIGSTOP);
  page.kill();
  std::this_thread::sleep_for(4s);  // longer than a device may be silent
  old.hub.process().signal(SIGCONT);
  CHECK(eventually([&] { return old.motors() == "m1 CCW 0 m2 CW 0"; }, 1s));
  REQUIRE(eventually([&] { return old.hub.timesOnline("robot-1as6df") >= 2; }));
  CHECK(eventually([&] { return old.hub.presence("robot-1as6df") == "online"; }));
  CHECK(old.robot.running());
  CHECK(old.robot.output().find("closed") == std::string::npos);
  // It is driven as before, and is let go of as before.
  Process next;
  next.start(TEST_STANDINS "/robot_browser", {old.browsers, "1as6df", "60000", "41"});
  CHECK(old.robot.line("m1 CCW 41 m2 CW 41"));
  CHECK(old.hub.request("DELETE", "/api/v1/devices/robot-1as6df", "", old.hub.administrator()).status == 204);
  CHECK(old.robot.line("closed"));
  CHECK(old.motors() == "m1 CCW 0 m2 CW 0");
  CHECK(old.receiverLives());
  next.kill();
}

TEST_CASE("a stop at the hub holds an old robot, and is told as what it is") {
  OldRobots old;
  old.startRobot();
  Process page;
  page.start(TEST_STANDINS "/robot_browser", {old.browsers, "1as6df", "60000", "40"});
  REQUIRE(old.robot.line("m1 CCW 40 m2 CW 40"));
  CHECK(old.hub.request("POST", "/api/v1/devices/robot-1as6df/stop", "{}", old.hub.administrator()).status == 202);
  CHECK(eventually([&] { return old.motors() == "m1 CCW 0 m2 CW 0"; }, 1s));
  CHECK(eventually([&] { return old.hub.stopState("robot-1as6df") == "unconfirmed"; }));
  CHECK(page.line("got {\"type\":\"msg\",\"data\":{\"data\":\"The device is stopped"));
  CHECK(old.motors() == "m1 CCW 0 m2 CW 0");
  CHECK(old.hub.request("POST", "/api/v1/devices/robot-1as6df/stop/reset", "{}", old.hub.administrator()).status < 300);
  CHECK(eventually([&] { return old.hub.stopState("robot-1as6df") == "none"; }));
  CHECK(old.receiverLives());
  page.kill();
}
