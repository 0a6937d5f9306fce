// Messages of further types between the older page and a robot: what passes, what is declared and checked.
#include <fstream>
#include <future>

#include "unit/gateway/robot_tcp/rig.hpp"

using namespace robohub;
using namespace robohub::gateway::test;

TEST_CASE("Unknown types pass while tied, in a form that the robot survives, and nothing without data") {
  RobotHub hub;
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  Browser browser(hub);
  browser.drive("r");
  browser.send("{ \"type\" : \"com_servo\", \"data\" : { \"angle\" : 30, \"why\" : \"}{ä\" } }");
  CHECK(robot.await("com_servo") == R"({"type":"com_servo","data":{"angle":30,"why":"\u007d\u007b\u00e4"}})");
  // Whatever `data` is: the published robot dies of none only.
  for (const char* whole : {R"({"type":"arm_a","data":90})", R"({"type":"arm_b","data":"left"})",
                            R"({"type":"arm_c","data":[1,2]})", R"({"type":"arm_d","data":null})"}) {
    browser.send(whole);
    CHECK(robot.await(std::string(whole).substr(9, 5)) == whole);
  }
  browser.send(R"({"type":"com_servo"})");
  CHECK(browser.await("has `data`").find("msg") != std::string::npos);
  browser.send("{\"type\":\"com_servo\",\"data\":{\"x\":\"" + std::string(300, 'x') + "\"}}");
  CHECK(browser.await("too long").find("msg") != std::string::npos);
}

TEST_CASE("Unknown types are refused where the configuration says so, declared ones are checked") {
  RobotHub hub([](hub::Settings& settings) {
    settings.robots.pass_unknown = false;
    const std::string json =
        R"({"type":"object","additionalProperties":false,"required":["angle_deg"],"properties":{"angle_deg":{"type":"integer","minimum":0,"maximum":90,"x-unit":"deg"}}})";
    settings.robots.types.insert_or_assign(
        "com_servo", gateway::DeclaredType{schema::compile(json::parseObject(json).value()).value(), json});
  });
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  Browser browser(hub);
  browser.drive("r");
  browser.send(R"({"type":"com_laser","data":{}})");
  CHECK(browser.await("Nobody has declared").find("msg") != std::string::npos);
  browser.send(R"({"type":"com_servo","data":{"angle_deg":91}})");
  CHECK(browser.await("at most 90").find("msg") != std::string::npos);
  browser.send(R"({"type":"com_servo","data":{"angle_deg":30}})");
  CHECK(robot.await("com_servo") == R"({"type":"com_servo","data":{"angle_deg":30}})");
  // From the robot too.
  robot.say(
      R"({"type":"com_laser","data":{}}{"type":"com_servo","data":{"angle_deg":-1}}{"type":"com_servo","data":{"angle_deg":1}})");
  CHECK(browser.await("com_") == R"({"type":"com_servo","data":{"angle_deg":1}})");
  browser.send(R"({"type":"com_servo","data":30})");
  CHECK(browser.await("is an object").find("msg") != std::string::npos);
  // And it is a command of the device for everybody.
  CHECK(json::write(*hub.deviceState("robot-r")->getObject("type_info")).find("com_servo") != std::string::npos);
}

TEST_CASE("A declared type is written to the robot as it is, whatever the command of it is called") {
  RobotHub hub([](hub::Settings& settings) {
    settings.robots.pass_unknown = false;
    const std::string json =
        R"({"type":"object","additionalProperties":false,"required":["angle_deg"],"properties":{"angle_deg":{"type":"integer","minimum":0,"maximum":90,"x-unit":"deg"}}})";
    settings.robots.types.insert_or_assign(
        "moveArm", gateway::DeclaredType{schema::compile(json::parseObject(json).value()).value(), json, "move_arm"});
  });
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  Browser browser(hub);
  browser.drive("r");
  browser.send(R"({"type":"moveArm","data":{"angle_deg":91}})");
  CHECK(browser.await("at most 90").find("msg") != std::string::npos);
  browser.send(R"({"type":"moveArm","data":{"angle_deg":30}})");
  CHECK(robot.await("30") == R"({"type":"moveArm","data":{"angle_deg":30}})");
  browser.send(R"({"type":"move_arm","data":{"angle_deg":30}})");
  CHECK(browser.await("Nobody has declared").find("msg") != std::string::npos);
  robot.say(R"({"type":"moveArm","data":{"angle_deg":-1}}{"type":"moveArm","data":{"angle_deg":1}})");
  CHECK(browser.await("moveArm") == R"({"type":"moveArm","data":{"angle_deg":1}})");
  browser.send(R"({"type":"disconn_req"})");
  // From the hub's own page it goes by the command's name.
  const std::string cookie = hub.guest("Ada");
  CHECK(hub.post("/api/v1/devices/robot-r/turn", "{}", cookie).status == 200);
  REQUIRE(eventually([&] {
    return json::getString(*hub.get("/api/v1/devices/robot-r/turn", cookie).json->getObject("you"), "state").value() ==
           "active";
  }));
  CHECK(hub.post("/api/v1/devices/robot-r/commands/move_arm", R"({"angle_deg":45})", cookie).text("state") ==
        "succeeded");
  CHECK(robot.await("45") == R"({"type":"moveArm","data":{"angle_deg":45}})");
}

TEST_CASE("What a reload says of messages counts for the robots that are connected") {
  robohub::test::TempFolder folder;
  const std::filesystem::path file = folder.path() / "robohub.yaml";
  const auto write = [&](const std::string& more) {
    std::ofstream(file) << "guests: {watch: true, play: true}\ndisk: {ballast: 0B}\n"
                        << "robots: {accept: auto, accept_unfenced: true" << more << "}\n";
  };
  write("");
  RobotHub hub([&](hub::Settings& settings) { settings.file = file; });
  const auto reload = [&](const std::string& more) {
    write(more);
    std::promise<void> done;
    hub.hub->reload(identity::Actor::hub(), [&] { done.set_value(); });
    done.get_future().get();
  };
  Robot robot(hub, "r");
  REQUIRE(hub.online("robot-r"));
  Browser browser(hub);
  browser.drive("r");
  browser.send(R"({"type":"com_servo","data":{"angle_deg":91}})");
  CHECK(robot.await("com_servo") == R"({"type":"com_servo","data":{"angle_deg":91}})");
  reload(
      ", unknown_types: refuse, types: {com_servo: {parameters: {type: object, additionalProperties: false, "
      "required: [angle_deg], properties: {angle_deg: {type: integer, minimum: 0, maximum: 90, x-unit: deg}}}}}");
  browser.send(R"({"type":"com_laser","data":{}})");
  CHECK(browser.await("Nobody has declared").find("msg") != std::string::npos);
  browser.send(R"({"type":"com_servo","data":{"angle_deg":91}})");
  CHECK(browser.await("at most 90").find("msg") != std::string::npos);
  browser.send(R"({"type":"com_servo","data":{"angle_deg":30}})");
  CHECK(robot.await("com_servo") == R"({"type":"com_servo","data":{"angle_deg":30}})");
  robot.say(R"({"type":"com_laser","data":{}}{"type":"com_servo","data":{"angle_deg":1}})");
  CHECK(browser.await("com_") == R"({"type":"com_servo","data":{"angle_deg":1}})");
  reload("");
  browser.send(R"({"type":"com_laser","data":{"on":false}})");
  CHECK(robot.await("com_laser") == R"({"type":"com_laser","data":{"on":false}})");
}
