// What is written to a robot, and what a robot is left with when whoever drove is gone.
#include <linux/tcp.h>
#include <poll.h>

#include "unit/gateway/robot_tcp/rig.hpp"

using namespace robohub;
using namespace robohub::gateway::test;
using namespace std::chrono_literals;

TEST_CASE("A browser that unties leaves the motors standing and the buzzer off") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  browser.send(motor(30, 30));
  robot.await("\"spd\":30");
  browser.send(R"({"type":"com_buzzer","data":{"state":true}})");
  robot.await("com_buzzer");
  browser.send(R"({"type":"disconn_req"})");
  CHECK(robot.object() == kStanding);
  CHECK(robot.await("com_buzzer") == R"({"type":"com_buzzer","data":{"state":false}})");
}

TEST_CASE(
    "At the end of its time a browser's robot stands still with the buzzer off, whatever the page goes on saying") {
  RobotHub hub([](hub::Settings& settings) {
    settings.turns.length = 1s;
    settings.turns.warning = 200ms;
    settings.turns.when_alone = control::WhenAlone::end_turn;
  });
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  std::string told;
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (told.find("Your time is up.") == std::string::npos && std::chrono::steady_clock::now() < until) {
    browser.send(motor(30, 30));
    browser.send(R"({"type":"com_buzzer","data":{"state":true}})");
    std::this_thread::sleep_for(50ms);  // as a joystick
    pollfd waiting{browser.socket.peer().fd(), POLLIN, 0};
    if (poll(&waiting, 1, 0) > 0) told = browser.text();
  }
  REQUIRE(told.find("Your time is up.") != std::string::npos);
  for (int i = 0; i < 10; ++i) browser.send(motor(40, 40));
  CHECK(robot.await("\"spd\":30") == motor(30, 30));
  int standing = 0;
  bool quiet = false;
  while (standing < 3 || !quiet) {
    const std::string text = robot.object();
    standing += text == kStanding;
    quiet = quiet || text == R"({"type":"com_buzzer","data":{"state":false}})";
    CHECK(text.find("\"spd\":40") == std::string::npos);
  }
}

TEST_CASE("What a robot is told leaves in one piece for each object, at once") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  const auto pieces = [&] {
    tcp_info told{};
    socklen_t size = sizeof told;
    REQUIRE(getsockopt(robot.peer.fd(), IPPROTO_TCP, TCP_INFO, &told, &size) == 0);
    return told.tcpi_data_segs_in;
  };
  const auto before = pieces();
  for (int i = 0; i < 20; ++i) browser.send(R"({"type":"com_led","data":{"state":true}})");
  for (int i = 0; i < 20; ++i) CHECK(robot.object() == R"({"type":"com_led","data":{"state":true}})");
  CHECK(pieces() - before == 20);
}

TEST_CASE("A lamp that is switched in the last words of a turn is switched at the robot") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  browser.send(R"({"type":"com_led","data":{"state":true}})");
  CHECK(robot.await("com_led") == R"({"type":"com_led","data":{"state":true}})");
  std::string words;  // all in one write, and read in one go
  for (const std::string& each : {motor(0, 0), std::string(R"({"type":"com_led","data":{"state":false}})"),
                                  std::string(R"({"type":"disconn_req"})")})
    words += net::test::maskedFrame(0x81, each);
  browser.socket.raw(words);
  CHECK(robot.await("com_led") == R"({"type":"com_led","data":{"state":false}})");
}

TEST_CASE("A lamp that a robot could not be told to switch is not shown as switched") {
  RobotHub hub;
  Robot robot(hub, "r", "Robot X", nullptr, 1);  // its machine takes about a thousand bytes
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  auto page = hub.page(hub.guest("Ada"));
  page.send(R"({"type":"watch","device":"robot-r"})");
  page.get("you");
  Browser browser(hub);
  browser.drive("r");
  for (int i = 0; i < 60; ++i) {  // until the robot's machine and the hub are full
    browser.send("{\"type\":\"msg\",\"data\":{\"data\":\"" + std::string(200, 'x') + "\"}}");
    std::this_thread::sleep_for(20ms);
  }
  browser.await("does not take what it was sent already");
  browser.send(R"({"type":"com_led","data":{"state":true}})");
  for (int i = 0; i < 20; ++i) {
    browser.send(motor(37, 37));
    std::this_thread::sleep_for(50ms);
  }
  const auto outputs = page.get("telemetry", [](const json::Object& each) {
    const auto value = json::getObject(each, "value").value_or(nullptr);
    const auto left = value ? json::getObject(*value, "m1").value_or(nullptr) : nullptr;
    return left && left->optValue<int>("speed", 0) == 37;
  });
  CHECK_FALSE(outputs->getObject("value")->getValue<bool>("led"));
}

TEST_CASE("What a robot's stalled link does not take waits here, and of its drives the newest only") {
  RobotHub hub;
  Robot robot(hub, "r", "Robot X", nullptr, 1);  // its machine takes about a thousand bytes
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  constexpr int kDrives = 90;
  for (int i = 1; i <= kDrives; ++i) {
    browser.send(motor(i, i));
    std::this_thread::sleep_for(20ms);  // a joystick
  }
  int told = 0;
  for (std::string text; text != motor(kDrives, kDrives); ++told) text = robot.await("com_motor");
  CHECK(told < kDrives / 2);
  CHECK(robot.await("com_motor") == kStanding);
}
