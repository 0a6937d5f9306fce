// Browsers of the older robot server's page at the second door: the list, the line, what passes through and what does
// not.
#include "gateway/robot_tcp/objects.hpp"
#include "unit/gateway/robot_tcp/rig.hpp"

using namespace robohub;
using namespace robohub::gateway::test;
using namespace std::chrono_literals;

TEST_CASE("A browser gets a greeting that is no JSON, the list as an array, and the list again on every change") {
  RobotHub hub;
  Browser browser(hub);
  REQUIRE(browser.socket.status() == 101);
  CHECK_FALSE(json::parse(browser.greeting));
  CHECK(browser.text() == R"({"type":"robots","data":[]})");
  {
    Robot robot(hub, "1as6df");
    CHECK(browser.text() == R"({"type":"robots","data":[{"name":"Robot X","id":"1as6df"}]})");
    browser.send(R"({"type":"robots"})");
    CHECK(browser.text() == R"({"type":"robots","data":[{"name":"Robot X","id":"1as6df"}]})");
  }
  CHECK(browser.text() == R"({"type":"robots","data":[]})");
  browser.send("quit");
  CHECK(browser.text().empty());
}

TEST_CASE("A tied browser gets what the robot says as it is, and untied nothing more") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  Browser browser(hub), other(hub);
  browser.drive("r");
  const std::string said = R"({"type": "orientation_data", "data": {"pitch": 45, "roll": 60, "bt": "1"}})";
  robot.say(said);
  CHECK(browser.await("orientation") == said);
  robot.say(R"({"type":"brand_new","data":[1]})");
  CHECK(browser.await("brand_new") == R"({"type":"brand_new","data":[1]})");
  browser.send(R"({"type":"disconn_req"})");
  browser.send(R"({"type":"robots"})");
  browser.await("robots");
  robot.say(said);
  other.drive("r");
  robot.say(R"({"type":"msg","data":{"data":"b"}})");
  CHECK(other.await("\"b\"") == R"({"type":"msg","data":{"data":"b"}})");
  browser.send(R"({"type":"robots"})");
  CHECK(browser.text().find("robots") != std::string::npos);
}

TEST_CASE("What fits no channel of the hub reaches a tied browser all the same, as it is") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  Browser browser(hub);
  browser.drive("r");
  for (const char* said : {R"({"type":"climate_data","data":{"temperature":21}})",
                           R"({"type":"climate_data","data":{"temperature":253.5,"pressure":98000}})",
                           R"({"type":"orientation_data","data":{"pitch":359,"roll":"left"}})",
                           R"({"type":"orientation_data","data":{"pitch":359,"roll":1000}})",
                           R"({"type":"msg","data":{"data":5}})", R"({"type":"msg","data":{"data":"here"}})"}) {
    robot.say(said);
    CHECK(browser.await(said) == said);
  }
}

TEST_CASE("A browser drives, and a robot gets both motors, clamped, and zeros three times") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  browser.send(R"({"type":"com_motor","data":{"m1":{"dir":"CW","spd":20}}})");
  CHECK(robot.await("\"spd\":20") ==
        R"({"type":"com_motor","data":{"m1":{"dir":"CW","spd":20},"m2":{"dir":"CW","spd":0}}})");
  browser.send(R"({"type":"com_motor","data":{"m1":{"dir":"CW","spd":2000},"m2":{"dir":"CCW","spd":-5}}})");
  CHECK(robot.object() == R"({"type":"com_motor","data":{"m1":{"dir":"CW","spd":100},"m2":{"dir":"CCW","spd":0}}})");
  browser.send(motor(0, 0));
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) CHECK(robot.object().find(R"("spd":0},"m2":{"dir":"CW","spd":0)") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - began >= 90ms);
}

TEST_CASE("Lamp, buzzer and text reach the robot in ASCII, and what is too long is refused with the reason") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  browser.send(R"({"type":"com_led","data":{"state":true}})");
  CHECK(robot.await("com_led") == R"({"type":"com_led","data":{"state":true}})");
  browser.send(R"({"type":"com_buzzer","data":{"state":1}})");
  CHECK(robot.await("com_buzzer") == R"({"type":"com_buzzer","data":{"state":true}})");
  browser.send(R"({"type":"msg","data":{"data":"Hé }{ 😀"}})");
  CHECK(robot.await("msg") == R"({"type":"msg","data":{"data":"H\u00e9 \u007d\u007b \ud83d\ude00"}})");
  // Bytes are what counts: 222 and what is around them are 255.
  const auto longText = [](std::size_t bytes) {
    return "{\"type\":\"msg\",\"data\":{\"data\":\"" + std::string(bytes, 'x') + "\"}}";
  };
  REQUIRE(longText(222).size() == gateway::kRobotReadBytes);
  browser.send(longText(150));
  CHECK(robot.await("xxx") == longText(150));
  browser.send(longText(222));
  CHECK(robot.await("xxx") == longText(222));
  browser.send(longText(223));
  CHECK(browser.await("it would be 256 bytes").find("msg") != std::string::npos);
  browser.send(longText(300));
  CHECK(browser.await("at most 255").find("msg") != std::string::npos);
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "ä";
  browser.send("{\"type\":\"msg\",\"data\":{\"data\":\"" + umlauts + "\"}}");
  CHECK(browser.await("too long for the robot").find("msg") != std::string::npos);
  browser.send(R"({"type":"com_led","data":{}})");
  CHECK(browser.await("needs a state").find("msg") != std::string::npos);
}

TEST_CASE("A browser stands in the same line as everybody and is told its place") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser first(hub), second(hub);
  first.drive("r");
  second.send(R"({"type":"conn_req","data":{"id":"r"}})");
  CHECK(second.await("Somebody else drives").find("your place in the line is 1") != std::string::npos);
  second.send(motor(50, 50));
  CHECK(second.await("Not yet").find("msg") != std::string::npos);
  // It sees the robot all the same.
  robot.say(R"({"type":"msg","data":{"data":"seen"}})");
  CHECK(second.await("seen").find("msg") != std::string::npos);
  first.send(motor(30, 30));
  CHECK(robot.await("com_motor").find("\"spd\":30") != std::string::npos);
  first.send(R"({"type":"disconn_req","data":{"id":"r"}})");
  CHECK(robot.await("com_motor") == kStanding);
  second.await("It is your turn.");
  second.send(motor(50, 50));
  CHECK(robot.await("\"spd\":50").find("com_motor") != std::string::npos);
}

TEST_CASE("Motors stop when a browser that drives says nothing for the dead-man, and go on with its next message") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  browser.send(motor(60, 60));
  robot.await("\"spd\":60");
  const auto began = std::chrono::steady_clock::now();
  CHECK(robot.await("com_motor") == kStanding);
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(took > 100ms);
  CHECK(took < 600ms);
  browser.send(motor(61, 61));
  CHECK(robot.await("\"spd\":61").find("com_motor") != std::string::npos);
}

TEST_CASE("A joystick held by steady messages keeps the motors on") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  for (int i = 1; i <= 30; ++i) {
    browser.send(motor(i, i));
    CHECK(robot.object() == motor(i, i));
    std::this_thread::sleep_for(50ms);  // twenty a second, as the page's joystick
  }
}

TEST_CASE("What a browser drives is in the audit, its guest by name") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  for (int i = 1; i <= 5; ++i) {
    browser.send(motor(i, i));
    CHECK(robot.object() == motor(i, i));
  }
  json::Array::Ptr entries;
  REQUIRE(eventually([&] {
    entries = hub.asAdministrator("GET", "/api/v1/audit?action=command.hazard").json->getArray("entries");
    return entries && entries->size() > 0;
  }));
  CHECK(entries->size() == 1);
  const auto entry = entries->getObject(0);
  CHECK(json::getString(*entry, "object").value() == "device:robot-r");
  CHECK(json::getString(*entry->getObject("actor"), "name").value().starts_with("Browser "));
}

TEST_CASE("Whoever loses the connection lets go of the robot at once") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser waiting(hub);
  {
    Browser browser(hub);
    browser.drive("r");
    browser.send(motor(60, 60));
    robot.await("\"spd\":60");
    waiting.send(R"({"type":"conn_req","data":{"id":"r"}})");
    waiting.await("your place");
  }
  CHECK(robot.await("com_motor") == kStanding);
  CHECK(waiting.await("It is your turn.").find("msg") != std::string::npos);
}

TEST_CASE("A stop at the dashboard stops the robot and tells the browser") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  Browser browser(hub);
  browser.drive("r");
  browser.send(motor(60, 60));
  robot.await("\"spd\":60");
  hub.asAdministrator("POST", "/api/v1/devices/robot-r/stop", "{}");
  CHECK(robot.await("com_motor") == kStanding);
  browser.send(motor(60, 60));
  CHECK(browser.await("stopped").find("msg") != std::string::npos);
}

TEST_CASE("The same robot drives from the hub's own page") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  robot.settled();
  const std::string cookie = hub.guest("Ada");
  CHECK(hub.post("/api/v1/devices/robot-r/turn", "{}", cookie).status == 200);
  REQUIRE(eventually([&] {
    return json::getString(*hub.get("/api/v1/devices/robot-r/turn", cookie).json->getObject("you"), "state").value() ==
           "active";
  }));
  const auto drive =
      hub.post("/api/v1/devices/robot-r/commands/drive", R"({"left_percent":50,"right_percent":-20})", cookie);
  CHECK(drive.text("state") == "succeeded");
  CHECK(robot.await("com_motor") == motor(50, -20));
  CHECK(robot.await("com_motor") == kStanding);  // nobody feeds the dead-man
  CHECK(hub.post("/api/v1/devices/robot-r/commands/led", R"({"on":true})", cookie).text("state") == "succeeded");
  CHECK(robot.await("com_led") == R"({"type":"com_led","data":{"state":true}})");
  CHECK(hub.post("/api/v1/devices/robot-r/commands/message", R"({"text":"Hi"})", cookie).text("state") == "succeeded");
  CHECK(robot.await("Hi") == R"({"type":"msg","data":{"data":"Hi"}})");
  CHECK(hub.post("/api/v1/devices/robot-r/commands/stop", "{}", cookie).text("state") == "succeeded");
  CHECK(robot.await("com_motor") == kStanding);
}

TEST_CASE("A browser comes from a listed origin or from no page, and guests' rights hold") {
  RobotHub hub([](hub::Settings& settings) { settings.robots.origins = {"http://robots.example"}; });
  CHECK(Browser(hub, {"Origin: http://robots.example"}).socket.status() == 101);
  CHECK(Browser(hub, {"Origin: http://evil.example"}).socket.status() == 403);
  CHECK(Browser(hub, {"Origin: null"}).socket.status() == 403);
  CHECK(Browser(hub).socket.status() == 101);

  RobotHub watching([](hub::Settings& settings) { settings.identity.access = {true, false}; });
  Robot robot(watching, "r");
  REQUIRE(watching.online("robot-r"));
  Browser viewer(watching);
  viewer.send(R"({"type":"conn_req","data":{"id":"r"}})");
  CHECK(viewer.await("You may watch").find("msg") != std::string::npos);
  viewer.send(motor(50, 50));
  CHECK(viewer.await("not your turn").find("msg") != std::string::npos);
  robot.say(R"({"type":"msg","data":{"data":"seen"}})");
  CHECK(viewer.await("seen").find("msg") != std::string::npos);

  RobotHub closed([](hub::Settings& settings) { settings.identity.access = {false, false}; });
  CHECK(Browser(closed).socket.status() == 403);
}

TEST_CASE("What a browser says wrong changes nothing, and too much of it ends its connection") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  Browser browser(hub);
  browser.send("no JSON");
  CHECK(browser.await("This was no message").find("msg") != std::string::npos);
  browser.send(motor(50, 50));
  CHECK(browser.await("connected to no robot").find("msg") != std::string::npos);
  browser.send(R"({"type":"conn_req","data":{"id":"nobody"}})");
  CHECK(browser.await("No such robot").find("msg") != std::string::npos);
  browser.send(R"({"type":"conn_req"})");
  CHECK(browser.await("No such robot").find("msg") != std::string::npos);
  browser.drive("r");
  browser.send(R"({"type":"com_motor","data":{"m1":{"dir":"up","spd":1}}})");
  CHECK(browser.await("CW").find("msg") != std::string::npos);
  for (int i = 0; i < 2000; ++i) browser.send(R"({"type":"robots"})");
  CHECK(browser.socket.closeCode() == 1008);
}

TEST_CASE("A robot that goes while a browser is tied leaves it free for another") {
  RobotHub hub;
  auto robot = std::make_unique<Robot>(hub, "a");
  Robot other(hub, "b");
  REQUIRE(hub.online("robot-a"));
  REQUIRE(hub.online("robot-b"));
  Browser browser(hub);
  browser.drive("a");
  robot.reset();
  CHECK(browser.await("The robot is gone").find("msg") != std::string::npos);
  browser.drive("b");
  browser.send(motor(20, 20));
  CHECK(other.await("\"spd\":20").find("com_motor") != std::string::npos);
}

TEST_CASE("An account that takes over ends a browser's turn, and a ban keeps it out") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  Browser browser(hub);
  browser.drive("r");
  CHECK(hub.asAdministrator("PUT", "/api/v1/devices/robot-r/turn", R"({"action":"skip"})").status == 200);
  CHECK(browser.await("A moderator ended your turn").find("msg") != std::string::npos);
  browser.drive("r");
  const auto holder = hub.deviceState("robot-r")->getObject("turn")->getObject("holder");
  const auto banned =
      hub.asAdministrator("POST", "/api/v1/bans",
                          "{\"person\":" + json::quote(json::getString(*holder, "id").value()) + ",\"for_ms\":60000}");
  CHECK(banned.status == 201);
  CHECK(browser.socket.closeCode() == 1008);
}
