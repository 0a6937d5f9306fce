// Robots at the first door: who may come in, what is read of them, what becomes of them at the hub.
#include "unit/gateway/robot_tcp/rig.hpp"

using namespace robohub;
using namespace robohub::gateway::test;
using namespace std::chrono_literals;

TEST_CASE("A robot is greeted, says who it is, and is a device at once where the configuration says so") {
  RobotHub hub;
  Robot robot(hub, "1as6df");
  CHECK(robot.object() == R"({"type":"msg","data":{"data":"Welcome to robohub."}})");
  REQUIRE(hub.online("robot-1as6df"));
  const auto device = hub.deviceState("robot-1as6df");
  CHECK(json::getString(*device, "name").value() == "Robot X");
  CHECK(json::getString(*device, "type").value() == "motor_robot");
  CHECK(json::getString(*device, "link").value() == "robot_tcp");
  CHECK(json::getString(*device, "halt").value() == "sent");
  CHECK_FALSE(json::getBool(*device, "fenced").value());
  // What it did before the hub knew of it ends.
  CHECK(robot.await("com_motor") == kStanding);
  CHECK(robot.await("com_buzzer") == R"({"type":"com_buzzer","data":{"state":false}})");
  // Only what its link can do.
  const std::string type = json::write(*device->getObject("type_info"));
  CHECK(type.find("\"drive\"") != std::string::npos);
  CHECK(device->getArray("streams")->empty());
  robot.peer.hangUp();
  CHECK(eventually([&] { return hub.presence("robot-1as6df") == "offline"; }));
}

TEST_CASE("An introduction may come in any pieces, with what follows glued to it") {
  RobotHub hub;
  Robot robot(hub);
  const std::string text =
      R"({"type":"self_info","data":{"id":77,"name":"}{"}}{"type":"orientation_data","data":{"pitch":1,"roll":2}})";
  for (const char each : text) robot.say(std::string(1, each));
  REQUIRE(hub.online("robot-77"));
  CHECK(json::getString(*hub.deviceState("robot-77"), "name").value() == "}{");
}

TEST_CASE("A robot's id may be a whole number of 64 bits, to its last digit") {
  RobotHub hub;
  std::vector<std::unique_ptr<Robot>> robots;
  for (const std::string id : {"9007199254740992", "9007199254740993", "9223372036854775807", "-9223372036854775808"}) {
    INFO(id);
    robots.push_back(std::make_unique<Robot>(hub));
    robots.back()->say("{\"type\":\"self_info\",\"data\":{\"name\":\"N\",\"id\":" + id + "}}");
    CHECK(robots.back()->isDevice());
    CHECK(hub.online("robot-" + id));
  }
  Browser browser(hub);
  browser.send(R"({"type":"conn_req","data":{"id":9007199254740993}})");
  browser.await("It is your turn.");
  browser.send(motor(30, 30));
  CHECK(robots[1]->await("\"spd\":30") == motor(30, 30));
}

TEST_CASE("A robot that does not say who it is, or says nonsense, is sent away with the reason") {
  RobotHub hub;
  for (const char* text :
       {R"({"type":"orientation_data","data":{"pitch":1,"roll":2}})", R"({"type":"self_info","data":{}})",
        R"({"type":"self_info","data":{"id":""}})", "nonsense", R"({"type":"self_info","data":{"id":"a\u0007b"}})"}) {
    Robot robot(hub);
    robot.say(text);
    robot.object();  // the welcome
    CHECK(robot.object().find("\"msg\"") != std::string::npos);
    CHECK(robot.peer.closedWithin(3000));
  }
  Robot endless(hub);
  endless.say("{\"type\":\"" + std::string(100'000, 'x'));
  CHECK(endless.peer.closedWithin(3000));
}

TEST_CASE("A second robot of a present id is refused while the first answers") {
  RobotHub hub;
  Robot first(hub, "a");
  REQUIRE(hub.online("robot-a"));
  Robot second(hub, "a");
  CHECK(second.await("connected already").find("msg") != std::string::npos);
  CHECK(second.peer.closedWithin(3000));
  CHECK(hub.presence("robot-a") == "online");
  first.peer.hangUp();
  REQUIRE(eventually([&] { return hub.presence("robot-a") == "offline"; }));
  Robot third(hub, "a");
  CHECK(hub.online("robot-a"));
}

TEST_CASE("A second robot of a present id takes the place of one that has fallen silent, which is made safe") {
  RobotHub hub;
  Robot first(hub, "a");
  REQUIRE(hub.online("robot-a"));
  first.settled();
  std::unique_ptr<Robot> second;
  const auto letIn = [&] {
    second = std::make_unique<Robot>(hub, "a");
    for (;;) {
      const std::string text = second->object();
      if (text.find("connected already") != std::string::npos) return false;
      if (text.find("com_motor") != std::string::npos) return true;
    }
  };
  CHECK_FALSE(letIn());
  REQUIRE(eventually(letIn));  // after three seconds
  CHECK(first.object() == kStanding);
  CHECK(first.await("took its place").find("msg") != std::string::npos);
  CHECK(first.peer.closedWithin(3000));
  CHECK(hub.presence("robot-a") == "online");
  second->say(R"({"type":"msg","data":{"data":"here"}})");
  CHECK_FALSE(second->peer.closedWithin(100));
}

TEST_CASE("A robot waits until an administrator accepts it") {
  RobotHub hub([](hub::Settings& settings) { settings.robots.accept_all = false; });
  Robot robot(hub, "1as6df", "Räuber");
  robot.await("Waiting for an administrator");
  const auto pending = hub.asAdministrator("GET", "/api/v1/pending");
  REQUIRE(pending.status == 200);
  CHECK(pending.body.find(R"("link":"robot_tcp","foreign_id":"1as6df","name":"Räuber")") != std::string::npos);
  CHECK(hub.presence("rover").empty());
  CHECK(hub.asAdministrator("POST", "/api/v1/pending/robot_tcp/1as6df", R"({"device":"/"})").status == 400);
  CHECK(hub.asAdministrator("POST", "/api/v1/pending/robot_tcp/other", "{}").status == 404);
  CHECK(hub.asAdministrator("POST", "/api/v1/pending/martian/1as6df", "{}").status == 404);
  const auto accepted = hub.asAdministrator("POST", "/api/v1/pending/robot_tcp/1as6df", R"({"device":"rover"})");
  CHECK(accepted.status == 201);
  CHECK(accepted.text("id") == "rover");
  CHECK(hub.online("rover"));
  CHECK(hub.asAdministrator("GET", "/api/v1/pending").body == R"({"pending":[]})");
  // Known from now on.
  robot.peer.hangUp();
  REQUIRE(eventually([&] { return hub.presence("rover") == "offline"; }));
  Robot again(hub, "1as6df");
  CHECK(hub.online("rover"));
  // Revoked, it is a stranger.
  CHECK(hub.asAdministrator("DELETE", "/api/v1/devices/rover").status == 204);
  CHECK(again.peer.closedWithin(3000));
  Robot stranger(hub, "1as6df");
  stranger.await("Waiting for an administrator");
}

TEST_CASE("A robot with a name that no device may have comes in all the same, with what of it can be shown") {
  // A heart as most keyboards write it, blanks, and a character that shows nothing.
  const std::pair<std::string, std::string> names[] = {
      {"Robot \\u2764\\ufe0f", "Robot \u2764"}, {"  ", "r9"}, {"\\u200b", "r9"}};
  for (const auto& [said, shown] : names) {
    INFO(said);
    for (const bool accept_all : {true, false}) {
      RobotHub hub([&](hub::Settings& settings) { settings.robots.accept_all = accept_all; });
      Robot robot(hub, "r9", said);
      if (!accept_all) {
        robot.await("Waiting for an administrator");
        const std::string accepting = R"({"device":"robot-r9"})";
        CHECK(hub.asAdministrator("POST", "/api/v1/pending/robot_tcp?id=r9", accepting).status == 201);
      }
      REQUIRE(hub.online("robot-r9"));
      CHECK(json::getString(*hub.deviceState("robot-r9"), "name").value() == shown);
    }
  }
}

TEST_CASE("A robot that was refused is sent away for a day, and one that left waits no longer") {
  RobotHub hub([](hub::Settings& settings) { settings.robots.accept_all = false; });
  {
    Robot gone(hub, "gone");
    gone.await("Waiting");
  }
  CHECK(eventually([&] { return hub.asAdministrator("GET", "/api/v1/pending").body == R"({"pending":[]})"; }));
  Robot robot(hub, "r");
  robot.await("Waiting");
  CHECK(hub.asAdministrator("DELETE", "/api/v1/pending/robot_tcp/r").status == 204);
  CHECK(robot.await("refused").find("msg") != std::string::npos);
  CHECK(robot.peer.closedWithin(3000));
  Robot again(hub, "r");
  CHECK(again.await("refused").find("msg") != std::string::npos);
}

TEST_CASE("A robot is accepted and refused whatever it calls itself") {
  RobotHub hub([](hub::Settings& settings) { settings.robots.accept_all = false; });
  const std::pair<std::string, std::string> names[] = {{"lab/7", "lab%2F7"},
                                                       {"..", ".."},
                                                       {".", "."},
                                                       {"a?b=c&d#e%2F+f g", "a%3Fb%3Dc%26d%23e%252F%2Bf%20g"},
                                                       {"R\\u00e4uber\\u005c", "R%C3%A4uber%5C"}};
  int number = 0;
  for (const auto& [id, escaped] : names) {
    INFO(escaped);
    const std::string target = "/api/v1/pending/robot_tcp?id=" + escaped, device = "d" + std::to_string(++number);
    Robot robot(hub, id);
    robot.await("Waiting for an administrator");
    CHECK(hub.asAdministrator("POST", target, "{\"device\":\"" + device + "\"}").status == 201);
    CHECK(hub.online(device));
    CHECK(hub.asAdministrator("DELETE", "/api/v1/devices/" + device).status == 204);
    CHECK(robot.peer.closedWithin(3000));
    Robot again(hub, id);
    again.await("Waiting for an administrator");
    CHECK(hub.asAdministrator("DELETE", target).status == 204);
    CHECK(again.peer.closedWithin(3000));
  }
  CHECK(hub.asAdministrator("DELETE", "/api/v1/pending/robot_tcp?id=nobody").status == 404);
  CHECK(hub.asAdministrator("DELETE", "/api/v1/pending/robot_tcp").status == 400);
  CHECK(hub.asAdministrator("POST", "/api/v1/pending/robot_tcp?name=x", "{}").status == 400);
}

TEST_CASE("Without the plugin a robot waits and says why it cannot be accepted") {
  RobotHub hub([](hub::Settings& settings) { settings.plugin_folders = {TEST_PLUGINS}; });
  Robot robot(hub, "r");
  robot.await("not installed here");
  const auto pending = hub.asAdministrator("GET", "/api/v1/pending");
  CHECK(pending.body.find("not installed here") != std::string::npos);
  CHECK(hub.asAdministrator("POST", "/api/v1/pending/robot_tcp/r", "{}").status == 409);
}

TEST_CASE("What a robot measures becomes the channels of its type") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  auto page = hub.page(hub.guest("Ada"));
  page.send(R"({"type":"watch","device":"robot-r"})");
  page.get("you");
  robot.say(R"({"type":"orientation_data","data":{"pitch":-1.5,"roll":60}})");
  const auto channel = [](const char* name) {
    return [name](const json::Object& each) { return json::getString(each, "channel").value_or("") == name; };
  };
  const auto orientation = page.get("telemetry", channel("orientation"))->getObject("value");
  CHECK(orientation->getValue<double>("pitch_deg") == -1.5);
  CHECK(orientation->getValue<double>("roll_deg") == 60);
  robot.say(R"({"type":"climate_data","data":{"temperature":215,"pressure":98000}})");
  CHECK(page.get("telemetry", channel("climate"))->getObject("value")->getValue<double>("temperature_cel") == 21.5);
  robot.say(R"({"type":"msg","data":{"data":"Hällo"}})");
  CHECK(page.get("telemetry", channel("message"))->getObject("value")->getValue<std::string>("text") == "Hällo");
  // Whoever comes later is shown the newest of each.
  auto later = hub.page(hub.guest("Ben"));
  later.send(R"({"type":"watch","device":"robot-r"})");
  CHECK(later.get("telemetry", channel("orientation"))->getObject("value")->getValue<double>("pitch_deg") == -1.5);
  // What fits no channel is told, and nothing else happens.
  robot.say(R"({"type":"orientation_data","data":{"pitch":1000,"roll":0}})");
  CHECK(page.get("event", [](const json::Object& each) {
    return json::getString(each, "text").value_or("").find("no good") != std::string::npos;
  }));
}

TEST_CASE("Degrees Celsius stay what they are until a robot is seen to mean tenths") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  auto page = hub.page(hub.guest("Ada"));
  page.send(R"({"type":"watch","device":"robot-r"})");
  page.get("you");
  const auto temperature = [&](const std::string& said) {
    robot.say("{\"type\":\"climate_data\",\"data\":{\"temperature\":" + said + ",\"pressure\":98000}}");
    std::this_thread::sleep_for(220ms);  // the channel takes five a second
    return page.get("telemetry")->getObject("value")->getValue<double>("temperature_cel");
  };
  CHECK(temperature("27") == 27);
  CHECK(temperature("85") == 85);
  CHECK(temperature("216") == 21.6);
  CHECK(temperature("80") == 8);
}

TEST_CASE("That a robot means tenths is remembered when it comes again, and after a restart of the hub") {
  RobotHub hub;
  int pressure = 98000;  // by which a value is known
  const auto temperature = [&](const char* said) {
    ++pressure;
    Robot robot(hub, "r");
    REQUIRE(robot.isDevice());
    REQUIRE(hub.online("robot-r"));
    auto page = hub.page(hub.guest("Ada"));
    page.send(R"({"type":"watch","device":"robot-r"})");
    page.get("you");
    robot.say(std::string("{\"type\":\"climate_data\",\"data\":{\"temperature\":") + said +
              ",\"pressure\":" + std::to_string(pressure) + "}}");
    const double told = page.get("telemetry",
                                 [&](const json::Object& each) {
                                   const auto value = json::getObject(each, "value").value_or(nullptr);
                                   return value && value->optValue<double>("pressure_pa", 0) == pressure;
                                 })
                            ->getObject("value")
                            ->getValue<double>("temperature_cel");
    robot.peer.hangUp();
    REQUIRE(eventually([&] { return hub.presence("robot-r") == "offline"; }));
    return told;
  };
  CHECK(temperature("50") == 50);
  CHECK(temperature("215") == 21.5);
  CHECK(eventually([&] { return temperature("50") == 5; }));  // when it is on the disk
  hub.stop();
  hub.start();
  hub.findDoors();
  CHECK(temperature("51") == 5.1);
}

TEST_CASE("A robot that sends garbage between objects is sent away; bad objects are passed over") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.say(
      R"({"type":5}{"no":"type"}{"type":"orientation_data"}{"type":"climate_data","data":{"temperature":"warm"}})");
  robot.say(R"({"type":"msg","data":{"data":"here"}})");
  CHECK(hub.presence("robot-r") == "online");
  robot.say("garbage");
  CHECK(robot.await("expected here").find("msg") != std::string::npos);
  CHECK(robot.peer.closedWithin(3000));
  CHECK(eventually([&] { return hub.presence("robot-r") == "offline"; }));
}

TEST_CASE("A flooding robot is read slower, and others are served") {
  RobotHub hub;
  Robot flood(hub, "flood"), other(hub, "other");
  REQUIRE(hub.online("robot-flood"));
  REQUIRE(hub.online("robot-other"));
  std::atomic<bool> over{false};
  std::thread flooding([&] {
    std::string many;
    for (int i = 0; i < 500; ++i) many += R"({"type":"orientation_data","data":{"pitch":1,"roll":2}})";
    while (!over) {
      const auto sent = ::send(flood.peer.fd(), many.data(), many.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) std::this_thread::sleep_for(1ms);
    }
  });
  Browser browser(hub);
  browser.drive("other");
  other.say(R"({"type":"msg","data":{"data":"still here"}})");
  CHECK(browser.await("still here") == R"({"type":"msg","data":{"data":"still here"}})");
  browser.send(R"({"type":"com_led","data":{"state":true}})");
  CHECK(other.await("com_led") == R"({"type":"com_led","data":{"state":true}})");
  over = true;
  flooding.join();
  CHECK(hub.presence("robot-flood") == "online");
}

TEST_CASE("The hub's end makes every robot safe") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  browser.send(R"({"type":"com_motor","data":{"m1":{"dir":"CCW","spd":40},"m2":{"dir":"CW","spd":40}}})");
  robot.await("\"spd\":40");
  std::thread ending([&] { hub.stop(); });
  CHECK(robot.object() == kStanding);
  CHECK(robot.object() == R"({"type":"com_buzzer","data":{"state":false}})");
  CHECK(robot.peer.closedWithin(3000));
  ending.join();
}

TEST_CASE("A stop reaches a robot and is told as what it is") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  const auto stopped = hub.asAdministrator("POST", "/api/v1/devices/robot-r/stop", "{}");
  CHECK(stopped.status == 202);
  CHECK(eventually([&] {
    const auto stop = hub.deviceState("robot-r")->getObject("stop");
    return json::getString(*stop, "state").value() == "unconfirmed" &&
           json::getString(*stop, "message").value() == "Sent; this link cannot confirm it.";
  }));
  CHECK(robot.await("com_motor") == kStanding);
}

TEST_CASE("Robots of hazards give no turns where the configuration does not take the risk") {
  RobotHub hub([](hub::Settings& settings) { settings.robots.accept_unfenced = false; });
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  Browser browser(hub);
  browser.send(R"({"type":"conn_req","data":{"id":"r"}})");
  CHECK(browser.await("accept_unfenced").find("msg") != std::string::npos);
}
