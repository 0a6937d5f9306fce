// The older turret's own driver program, worked from our page.
#include <catch2/catch.hpp>

#include "mqtt/stage.hpp"

using namespace robohub;
using namespace robohub::integration;

namespace {

struct CatStage : test::TempFolder, Stage {
  explicit CatStage(const std::string& more = "") : Stage(catLaser(writeCalibration(TempFolder::path())) + more) {}
  // `more`: limits of its servos other than the usual ones.
  void startDriver(const std::vector<std::string>& more = {}) {
    auto arguments = driverArguments(broker.anonymousPort());
    arguments.insert(arguments.end(), more.begin(), more.end());
    driver.start(TEST_LASER_DRIVER, arguments);
    REQUIRE(driver.line("laser on"));
  }
  Process driver;
};

// Takes the turn; the first beats of the page must have come before anything moves.
bool drive(Page& page, const std::string& device, std::chrono::milliseconds patience = 10s) {
  return page.drive(device, patience) &&
         eventually([&] { return page.command(device, "aim", R"({"x_px":300,"y_px":300})") == "succeeded"; });
}

}  // namespace

TEST_CASE("a click on our page moves the servos of the older driver program") {
  CatStage stage;
  stage.broker.start();
  stage.hub.start();
  stage.startDriver();
  REQUIRE(stage.is("cat-laser", "online"));
  Page page(stage.hub, "Ada");
  REQUIRE(drive(page, "cat-laser"));
  CHECK(page.command("cat-laser", "aim", R"({"x_px":190,"y_px":190})") == "succeeded");
  CHECK(stage.driver.line("servo x 440"));
  CHECK(stage.driver.line("servo y 298"));

  // Points between pixels are sent as the nearest whole ones.
  CHECK(page.command("cat-laser", "aim", R"({"x_px":554.6,"y_px":189.7})") == "succeeded");
  CHECK(stage.driver.line("servo x 340"));

  // What would end the driver is refused before anything is sent.
  for (const char* far : {R"({"x_px":4000,"y_px":10})", R"({"x_px":0,"y_px":4095})", R"({"x_px":-1,"y_px":5})",
                          R"({"x_px":1e9,"y_px":5})", R"({"x_px":"190","y_px":190})", R"({"x_px":190})"}) {
    INFO(far);
    const std::string state = page.command("cat-laser", "aim", far);
    CHECK((state == "failed" || state == "refused"));
    CHECK(page.lastError() == "invalid_argument");
  }
  // Only what its program can do is offered.
  CHECK(page.command("cat-laser", "laser", R"({"on":false})") == "refused");
  CHECK(page.command("cat-laser", "aim", R"({"x_px":240,"y_px":525})") == "succeeded");
  CHECK(stage.driver.line("servo y 220"));
  CHECK(stage.driver.running());

  const auto device = stage.hub.device("cat-laser");
  REQUIRE(device);
  CHECK(json::getString(*device, "link").value() == "mqtt");
  CHECK(json::getString(*device, "halt").value() == "none");
  CHECK_FALSE(json::getBool(*device, "fenced").value());
  const auto commands = (*device).getObject("type_info")->getArray("commands");
  CHECK(commands->size() == 1);
  // Nobody can stop it from here, and nobody says that it was stopped.
  stage.hub.request("POST", "/api/v1/devices/cat-laser/stop", "{}", page.cookie());
  CHECK(eventually([&] { return stage.hub.stopState("cat-laser") == "unconfirmed"; }));
}

TEST_CASE("a driver whose servos have narrower limits lives, once these are in the configuration") {
  CatStage stage("      settings: {servo: {min_counts: 200, max_counts: 500}}\n");
  stage.broker.start();
  stage.hub.start();
  stage.startDriver({"200", "500"});
  REQUIRE(stage.is("cat-laser", "online"));
  Page page(stage.hub, "Ada");
  REQUIRE(drive(page, "cat-laser"));
  // x 540, which the usual limits let through.
  CHECK(page.command("cat-laser", "aim", R"({"x_px":0,"y_px":525})") == "failed");
  CHECK(page.lastError() == "invalid_argument");
  CHECK(page.command("cat-laser", "aim", R"({"x_px":240,"y_px":525})") == "succeeded");
  CHECK(stage.driver.line("servo y 220"));
  CHECK(stage.driver.running());
}

TEST_CASE("with templates and a calibration the point that is checked is the point that is sent") {
  test::TempFolder files;
  Stage stage("  cat-laser:\n    type: laser_turret\n    accept_unfenced: true\n    mqtt:\n      calibration: \"" +
              writeCalibration(files.path()) +
              "\"\n      commands: {aim: {topic: catlaser/target, payload: \"{x_px},{y_px}\"}}\n");
  stage.broker.start();
  stage.hub.start();
  Client ear(stage.broker.port(), "hub", "catlaser/target");
  REQUIRE(stage.is("cat-laser", "online"));
  Page page(stage.hub, "Ada");
  REQUIRE(drive(page, "cat-laser"));
  for (const char* far : {R"({"x_px":4000,"y_px":10})", R"({"x_px":0,"y_px":4095})"}) {
    INFO(far);
    CHECK(page.command("cat-laser", "aim", far) == "failed");
    CHECK(page.lastError() == "invalid_argument");
  }
  CHECK(page.command("cat-laser", "aim", R"({"x_px":190.5,"y_px":191.5})") == "succeeded");
  CHECK(ear.hears("catlaser/target 190,192"));
  for (const std::string& message : ear.heard())
    CHECK((message == "catlaser/target 300,300" || message == "catlaser/target 190,192"));
}

TEST_CASE("a broker that dies and comes back brings the device back, and nothing of the time between") {
  CatStage stage;
  stage.broker.start();
  stage.hub.start();
  stage.startDriver();
  REQUIRE(stage.is("cat-laser", "online"));
  Page page(stage.hub, "Ada");
  REQUIRE(drive(page, "cat-laser"));
  const std::uint64_t epoch = page.epoch("cat-laser");
  REQUIRE(page.command("cat-laser", "aim", R"({"x_px":200,"y_px":200})") == "succeeded");

  stage.broker.process().signal(SIGKILL);
  CHECK(stage.driver.line("died: "));
  REQUIRE(stage.is("cat-laser", "offline"));
  CHECK(eventually([&] { return stage.finds("mqtt"); }));
  for (int i = 0; i < 5; ++i) {
    const std::string state = page.commandOf(epoch, "cat-laser", "aim", R"({"x_px":480,"y_px":525})");
    CHECK((state == "refused" || state == "failed"));
  }

  stage.broker.start();
  Client ear(stage.broker.port(), "hub", "catlaser/target");
  stage.startDriver();
  REQUIRE(stage.is("cat-laser", "online", 15s));
  CHECK(eventually([&] { return !stage.finds("mqtt"); }));
  Page again(stage.hub, "Grace");
  page.close();
  REQUIRE(drive(again, "cat-laser", 30s));
  CHECK(again.command("cat-laser", "aim", R"({"x_px":190,"y_px":190})") == "succeeded");
  CHECK(ear.hears("catlaser/target 190,190"));
  for (const std::string& message : ear.heard())
    CHECK((message == "catlaser/target 300,300" || message == "catlaser/target 190,190"));
}

TEST_CASE("without a broker the hub starts, says so, and takes the device up when it comes") {
  CatStage stage;
  stage.hub.start();
  CHECK(eventually([&] { return stage.finds("mqtt"); }));
  CHECK(stage.hub.presence("cat-laser") != "online");
  const auto history =
      stage.hub.request("GET", "/api/v1/devices/cat-laser/connections", "", stage.hub.administrator()).body;
  CHECK(history.find("the MQTT broker is away") != std::string::npos);
  CHECK(stage.figure("robohub_mqtt_connected") == 0);
  stage.broker.start();
  CHECK(stage.is("cat-laser", "online", 20s));
  CHECK(eventually([&] { return !stage.finds("mqtt"); }));
  CHECK(stage.figure("robohub_mqtt_connected") == 1);
}

TEST_CASE("a broker that stands still is noticed, and the hub ends all the same") {
  CatStage stage;
  stage.broker.start();
  stage.hub.start();
  REQUIRE(stage.is("cat-laser", "online"));
  // The broker must have given an echo before its silence says anything.
  REQUIRE(eventually([&] { return stage.figure("robohub_mqtt_messages_total{direction=\"in\"}") >= 1; }));
  stage.broker.process().signal(SIGSTOP);
  CHECK(stage.is("cat-laser", "offline", 6s));
  stage.broker.process().signal(SIGCONT);
  CHECK(stage.is("cat-laser", "online", 10s));
  stage.broker.process().signal(SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(stage.hub.process().end(10s) == 0);
  CHECK(std::chrono::steady_clock::now() - begin < 8s);
  stage.broker.process().signal(SIGCONT);
}

TEST_CASE("a device that does not fit its plugin is left out with its place, and the others work") {
  CatStage stage(
      "  blind:\n    type: laser_turret\n    accept_unfenced: true\n    mqtt: {translator: true}\n"
      "  careless:\n    type: laser_turret\n    mqtt: {commands: {aim: {topic: a/b, payload: \"{x_px},{y_px}\"}}}\n"
      "  wrong:\n    type: laser_turret\n    accept_unfenced: true\n    mqtt: {commands: {aim: {topic: a/b, payload: "
      "\"{x}\"}}}\n"
      "  stranger:\n    type: no_such\n    mqtt: {commands: {go: {topic: a/b, payload: x}}}\n");
  stage.broker.start();
  stage.hub.start();
  CHECK(stage.is("cat-laser", "online"));
  CHECK(stage.finds("mqtt-devices"));
  const std::string health = stage.hub.request("GET", "/api/v1/health", "", stage.hub.administrator()).body;
  for (const char* place : {"devices.blind.mqtt.settings", "devices.careless.accept_unfenced",
                            "devices.wrong.mqtt.commands.aim.payload", "devices.stranger.mqtt.commands.go"}) {
    INFO(place << " in " << health);
    CHECK(health.find(place) != std::string::npos);
  }
}
