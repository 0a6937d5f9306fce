// Devices that are described by the configuration alone, and who may do what at the broker.
#include <catch2/catch.hpp>

#include "mqtt/stage.hpp"

using namespace robohub;
using namespace robohub::integration;

namespace {

constexpr const char* kPlug = R"(  plug:
    type: tasmota_plug
    name: Plug
    mqtt:
      commands:
        switch: {topic: cmnd/plug/POWER, payload: "{on:ON|OFF}", turn: none, params: {on: {type: boolean}}}
        dim: {topic: cmnd/plug/DIM, payload: "{{\"dim\":{percent}}}", turn: none, params: {percent: {type: integer, minimum: 0, maximum: 100}}}
      telemetry:
        temperature: {topic: tele/room/SENSOR, json: /BME280/Temperature, unit: Cel, minimum: -40, maximum: 85}
      online: {topic: tele/plug/LWT, payload: Online}
      halt: {topic: cmnd/plug/POWER, payload: "OFF"}
)";

// Of a stage's device, by a guest.
std::string send(Stage& stage, const std::string& cookie, const std::string& name, const std::string& params) {
  const Answer answer = stage.hub.request("POST", "/api/v1/devices/plug/commands/" + name, params, cookie);
  return answer.json
             ? json::getString(*answer.json, "state").value_or(json::getString(*answer.json, "code").value_or(""))
             : "";
}

std::string newest(Stage& stage) {
  return stage.hub.request("GET", "/api/v1/devices/plug/telemetry/latest", "", stage.hub.administrator()).body;
}

void replaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// What docs/MQTT.md says to type in place of a native device, with the port and the password of this broker.
std::string documentedDevice(std::uint16_t port) {
  std::ifstream file(std::string(TEST_SOURCES) + "/docs/MQTT.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  const std::string fence = "```sh\n";
  const auto from = page.find(fence, page.find("\n## Native devices\n"));
  if (from == std::string::npos) throw std::runtime_error("docs/MQTT.md has no lines for a native device");
  const auto begin = from + fence.size();
  std::string lines = page.substr(begin, page.find("```", begin) - begin);
  replaceAll(lines, "1884", std::to_string(port));
  replaceAll(lines, "PASSWORD", "lamp-pass");
  // Of a test that is killed it outlives nothing for long.
  replaceAll(lines, "mosquitto_sub ", "timeout --foreground 120 mosquitto_sub ");
  return lines;
}

// Lines typed into a shell; all that they have started ends with it.
class Shell {
 public:
  explicit Shell(const std::string& lines) { process_.start("/usr/bin/setsid", {"/bin/sh", "-c", lines + "\nwait\n"}); }
  ~Shell() {
    if (const pid_t group = process_.pid(); group > 0) ::kill(-group, SIGKILL);
  }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  std::string output() { return process_.output(); }

 private:
  Process process_;
};

}  // namespace

TEST_CASE("a device nobody wrote a plugin for is described in YAML: commands, values, whether it is there, a stop") {
  Stage stage(kPlug);
  stage.broker.start();
  stage.hub.start();
  Client ear(stage.broker.port(), "hub", "cmnd/#");
  REQUIRE(stage.is("plug", "never", 5s));
  ear.publish("tele/plug/LWT", "Online", true);
  REQUIRE(stage.is("plug", "online"));
  // Whoever takes it up makes it safe first.
  CHECK(ear.hears("cmnd/plug/POWER OFF"));
  const std::string cookie = stage.hub.guest("Ada");
  CHECK(send(stage, cookie, "switch", R"({"on":true})") == "succeeded");
  CHECK(ear.hears("cmnd/plug/POWER ON"));
  CHECK(send(stage, cookie, "dim", R"({"percent":40.0})") == "succeeded");
  CHECK(ear.hears("cmnd/plug/DIM {\"dim\":40}"));
  CHECK(send(stage, cookie, "dim", R"({"percent":101})") == "invalid_argument");
  CHECK(send(stage, cookie, "dim", R"({"percent":40.5})") == "invalid_argument");
  CHECK(send(stage, cookie, "switch", R"({"on":"\nON"})") == "invalid_argument");
  CHECK(send(stage, cookie, "explode", "{}") == "not_found");

  // Nothing of that waits for whoever comes later.
  Client late(stage.broker.port(), "hub", "#");
  REQUIRE(late.hears("tele/plug/LWT Online"));
  ear.publish("a/marker", "x");
  REQUIRE(late.hears("a/marker x"));
  for (const std::string& message : late.heard()) CHECK_FALSE(message.starts_with("cmnd/"));

  const std::size_t before = ear.heard().size();
  stage.hub.request("POST", "/api/v1/devices/plug/stop", "{}", cookie);
  CHECK(eventually([&] { return ear.heard().size() > before; }));
  CHECK(ear.heard().back() == "cmnd/plug/POWER OFF");
  CHECK(eventually([&] { return stage.hub.stopState("plug") == "unconfirmed"; }));
  CHECK(json::getString(*stage.hub.device("plug"), "halt").value() == "sent");
  CHECK(send(stage, cookie, "switch", R"({"on":true})") == "stopped");
  // None of its commands needs a turn, so nobody holds one: whoever may play ends the stop.
  CHECK(stage.hub.request("POST", "/api/v1/devices/plug/stop/reset", "{}", cookie).status < 300);
  CHECK(eventually([&] { return send(stage, cookie, "switch", R"({"on":true})") == "succeeded"; }));

  ear.publish("tele/plug/LWT", "Offline", true);
  CHECK(stage.is("plug", "offline"));
  // As a line of a shell, and as a whole text of C.
  for (const std::string& here : {std::string("Online\n"), std::string("Online\0", 7)}) {
    ear.publish("tele/plug/LWT", here, true);
    CHECK(stage.is("plug", "online"));
    ear.publish("tele/plug/LWT", "Offline\n", true);
    CHECK(stage.is("plug", "offline"));
  }
}

TEST_CASE("measured values are taken from their place, and what the broker kept is not") {
  Stage stage(kPlug);
  stage.broker.start();
  Client sensor(stage.broker.port(), "hub");
  sensor.publish("tele/plug/LWT", "Online", true);
  // Garbage of nobody knows when, and a value that was once true.
  sensor.publish("tele/room/SENSOR", "\xff\xfe{{{", true);
  stage.hub.start();
  REQUIRE(stage.is("plug", "online"));
  sensor.publish("tele/room/SENSOR", R"({"Time":"x","BME280":{"Temperature":21.5}})");
  REQUIRE(eventually([&] { return newest(stage).find("21.5") != std::string::npos; }));
  for (const char* bad :
       {"", "21", "{", "[]", R"({"BME280":{"Temperature":"hot"}})", R"({"BME280":{"Temperature":999}})",
        R"({"BME280":{"Temperature":null}})", R"({"BME280":{"Temperature":1e999}})", "\xc3\x28"})
    sensor.publish("tele/room/SENSOR", bad);
  sensor.publish("tele/room/SENSOR", R"({"BME280":{"Temperature":"22.25"}})");
  CHECK(eventually([&] { return newest(stage).find("22.25") != std::string::npos; }));
  CHECK(newest(stage).find("999") == std::string::npos);
}

TEST_CASE("a sensor whose range nobody has said is read as it is") {
  Stage stage(R"(  plug:
    type: thermometer
    mqtt:
      telemetry:
        temperature: {topic: tele/room/SENSOR, json: /BME280/Temperature}
)");
  stage.broker.start();
  stage.hub.start();
  REQUIRE(stage.is("plug", "online"));
  Client sensor(stage.broker.port(), "hub");
  for (const char* value : {"21.5", "-273.15", "101325"}) {
    INFO(value);
    sensor.publish("tele/room/SENSOR", std::string(R"({"BME280":{"Temperature":)") + value + "}}");
    CHECK(eventually([&] { return newest(stage).find(value) != std::string::npos; }));
  }
}

TEST_CASE("a value that the broker has kept counts where the configuration says so, and nowhere else") {
  Stage stage(R"(  plug:
    type: thermometer
    mqtt:
      telemetry:
        kept: {topic: tele/room/kept, json: /T, unit: Cel, minimum: -40, maximum: 85, retained: true}
        fresh: {topic: tele/room/fresh, json: /T, unit: Cel, minimum: -40, maximum: 85}
)");
  stage.broker.start();
  Client sensor(stage.broker.port(), "hub");
  sensor.publish("tele/room/fresh", R"({"T":33.5})", true);
  sensor.publish("tele/room/kept", R"({"T":21.5})", true);
  stage.hub.start();
  REQUIRE(stage.is("plug", "online"));
  CHECK(eventually([&] { return newest(stage).find("21.5") != std::string::npos; }));
  sensor.publish("tele/room/kept", R"({"T":22.25})", true);
  CHECK(eventually([&] { return newest(stage).find("22.25") != std::string::npos; }));
  CHECK(newest(stage).find("33.5") == std::string::npos);
}

TEST_CASE("a value that is the whole message may be a boolean, a choice or a text") {
  Stage stage(R"(  plug:
    type: tasmota_plug
    mqtt:
      telemetry:
        relay: {topic: stat/plug/POWER, type: boolean}
        mode: {topic: stat/plug/MODE, type: choice, values: [eco, full]}
        version: {topic: stat/plug/VERSION, type: text, max_length: 32}
)");
  stage.broker.start();
  stage.hub.start();
  REQUIRE(stage.is("plug", "online"));
  Client plug(stage.broker.port(), "hub");
  const std::pair<const char*, const char*> said[] = {{"POWER", "ON"}, {"MODE", "full"}, {"VERSION", "Tasmota 13"}};
  for (const auto& [topic, text] : said) plug.publish(std::string("stat/plug/") + topic, text);
  for (const char* value : {R"({"value":true})", R"({"value":"full"})", R"({"value":"Tasmota 13"})"}) {
    INFO(value);
    CHECK(eventually([&] { return newest(stage).find(value) != std::string::npos; }));
  }
}

TEST_CASE("a flood of values costs nobody anything: the newest comes through, at the channel's rate") {
  Stage stage(kPlug);
  stage.broker.start();
  stage.hub.start();
  Client sensor(stage.broker.port(), "hub");
  sensor.publish("tele/plug/LWT", "Online", true);
  REQUIRE(stage.is("plug", "online"));
  mqtt::token_ptr last;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = R"({"BME280":{"Temperature":)" + std::to_string(i % 50) + "}}";
    try {
      sensor.post("tele/room/SENSOR", text);
    } catch (const mqtt::exception&) {
      std::this_thread::sleep_for(1ms);  // Paho's own queue is full
    }
    if (i % 2000 == 0) CHECK(stage.hub.request("GET", "/readyz").status == 200);
  }
  sensor.publish("tele/room/SENSOR", R"({"BME280":{"Temperature":-7.5}})");
  // The last one may have met a full queue of the broker or the hub: it is said again, as a sensor would.
  CHECK(eventually([&] {
    sensor.publish("tele/room/SENSOR", R"({"BME280":{"Temperature":-7.5}})");
    return newest(stage).find("-7.5") != std::string::npos;
  }));
  const std::string cookie = stage.hub.guest("Ada");
  CHECK(send(stage, cookie, "switch", R"({"on":true})") == "succeeded");
}

TEST_CASE("without a name one hears the clicks and nothing else, and a device has its own topics only") {
  Stage stage("  lamp:\n    type: test_good\n    accept_unfenced: true\n    mqtt: {native: true}\n");
  stage.broker.start();
  stage.hub.start();
  Client nobody(stage.broker.anonymousPort(), "", "#"), lamp(stage.broker.port(), "lamp", "#"),
      hub(stage.broker.port(), "hub", "#");
  CHECK_THROWS(Client(stage.broker.port(), ""));
  hub.publish("catlaser/target", "1,2");
  hub.publish("robohub/v1/lamp/stop", "mine");
  hub.publish("robohub/v1/other/stop", "not mine");
  hub.publish("robohub/v1/lamp/telemetry/output", "not for reading");
  nobody.publish("catlaser/target", "9,9");
  nobody.publish("robohub/v1/lamp/stop", "forged");
  lamp.publish("catlaser/target", "8,8");
  lamp.publish("robohub/v1/other/result", "forged");
  lamp.publish("robohub/v1/lamp/command/on", "forged");
  lamp.publish("robohub/v1/lamp/event", "its own");
  REQUIRE(hub.hears("robohub/v1/lamp/event its own"));
  CHECK(nobody.hears("catlaser/target 1,2"));
  CHECK(lamp.hears("robohub/v1/lamp/stop mine"));
  CHECK(nobody.heard() == std::vector<std::string>{"catlaser/target 1,2"});
  for (const std::string& message : lamp.heard()) CHECK(message.starts_with("robohub/v1/lamp/stop"));
  for (const std::string& message : hub.heard()) {
    CHECK(message.find("9,9") == std::string::npos);
    CHECK(message.find("8,8") == std::string::npos);
    CHECK(message.find("forged") == std::string::npos);
  }
}

TEST_CASE("a device of another machine is called by its user's name, so that none takes its place by saying its id") {
  Stage stage("  lamp:\n    type: test_good\n    accept_unfenced: true\n    mqtt: {native: true}\n");
  stage.broker.start();
  Client hub(stage.broker.port(), "hub", "robohub/v1/lamp/#");
  Client lamp(stage.broker.devicesPort(), "lamp", "robohub/v1/lamp/#", "", "lamp");
  Client other(stage.broker.devicesPort(), "other", "", "", "lamp");
  other.publish("robohub/v1/other/event", "here");
  hub.publish("robohub/v1/lamp/stop", "mine");
  CHECK(lamp.hears("robohub/v1/lamp/stop mine"));
  lamp.publish("robohub/v1/lamp/event", "here");
  CHECK(hub.hears("robohub/v1/lamp/event here"));
}

TEST_CASE("a native device answers its commands, says that it has stopped, and is gone when its will says so") {
  Stage stage("  lamp:\n    type: test_good\n    accept_unfenced: true\n    mqtt: {native: true}\n");
  stage.broker.start();
  stage.hub.start();
  auto lamp = std::make_unique<Client>(stage.broker.port(), "lamp", "robohub/v1/lamp/#", "robohub/v1/lamp/online");
  lamp->publish("robohub/v1/lamp/online", "true", true);
  REQUIRE(stage.is("lamp", "online"));
  const std::string cookie = stage.hub.guest("Ada");
  // It answers what it hears, as a device does.
  std::atomic<bool> done{false};
  std::thread device([&] {
    std::size_t seen = 0;
    while (!done) {
      const auto all = lamp->heard();
      for (; seen < all.size(); ++seen) {
        const std::string& message = all[seen];
        const auto body = json::parseObject(message.substr(message.find(' ') + 1));
        if (!body) continue;
        if (message.starts_with("robohub/v1/lamp/command/add ")) {
          const auto params = (*body)->getObject("params");
          const auto sum = params->getValue<int>("a") + params->getValue<int>("b");
          lamp->publish("robohub/v1/lamp/result",
                        "{\"id\":" + json::quote((*body)->getValue<std::string>("id")) +
                            ",\"state\":\"succeeded\",\"value\":{\"sum\":" + std::to_string(sum) + "}}");
        }
        if (message.starts_with("robohub/v1/lamp/command/explode "))
          lamp->publish("robohub/v1/lamp/result", "{\"id\":" + json::quote((*body)->getValue<std::string>("id")) +
                                                      R"(,"state":"failed","message":"It is too hot."})");
        if (message.starts_with("robohub/v1/lamp/stop "))
          lamp->publish("robohub/v1/lamp/stopped",
                        "{\"n\":" + std::to_string((*body)->getValue<int>("n")) + ",\"ok\":true}");
      }
      std::this_thread::sleep_for(2ms);
    }
  });
  const auto command = [&](const std::string& name, const std::string& params) {
    return stage.hub.request("POST", "/api/v1/devices/lamp/commands/" + name + "?wait_ms=6000", params, cookie).body;
  };
  CHECK(command("add", R"({"a":2,"b":3})").find(R"("sum":5)") != std::string::npos);
  CHECK(command("explode", "{}").find("It is too hot.") != std::string::npos);
  CHECK(command("forget", "{}").find("expired") != std::string::npos);
  // Answers nobody waits for, and what is none, change nothing.
  for (const char* bad : {"", "{}", "[]", R"({"id":"99999","state":"succeeded"})", R"({"id":7,"state":"succeeded"})"})
    lamp->publish("robohub/v1/lamp/result", bad);
  lamp->publish("robohub/v1/lamp/telemetry/output", R"({"on":true,"n":12345})");
  lamp->publish("robohub/v1/lamp/telemetry/output", R"({"on":7})");
  lamp->publish("robohub/v1/lamp/telemetry/nothing", R"({"on":7})");
  CHECK(command("add", R"({"a":20,"b":3})").find(R"("sum":23)") != std::string::npos);

  stage.hub.request("POST", "/api/v1/devices/lamp/stop", "{}", cookie);
  CHECK(eventually([&] { return stage.hub.stopState("lamp") == "confirmed"; }));
  done = true;
  device.join();
  lamp->vanish();
  CHECK(stage.is("lamp", "offline"));
}

TEST_CASE("mosquitto's own clients, typed as the documents say, are a native device") {
  Stage stage("  lamp:\n    type: test_good\n    accept_unfenced: true\n    mqtt: {native: true}\n");
  stage.broker.start();
  stage.hub.start();
  Shell typed(documentedDevice(stage.broker.port()));
  const bool online = stage.is("lamp", "online");
  INFO(typed.output());
  REQUIRE(online);
  const std::string cookie = stage.hub.guest("Ada");
  const auto command = [&](const std::string& name, const std::string& params) {
    const Answer answer =
        stage.hub.request("POST", "/api/v1/devices/lamp/commands/" + name + "?wait_ms=6000", params, cookie);
    return answer.json ? json::getString(*answer.json, "state").value_or("") : answer.body;
  };
  // The one that listens may need a moment longer than the one that says that the lamp is there.
  CHECK(eventually([&] { return command("forget", "{}") == "succeeded"; }, 20s));
  CHECK(command("refuse", R"({"why":"It is \"too\" hot: $(false) \\1 {\"id\":\"7\"}"})") == "succeeded");
}

TEST_CASE("a hub that stood still has its devices again, whoever it took for silent meanwhile") {
  Stage stage(
      "  lamp:\n    type: plain_lamp\n    mqtt:\n      commands: {flash: {topic: cmnd/lamp/FLASH, payload: x, turn: "
      "none, params: {}}}\n      halt: {topic: cmnd/lamp/POWER, payload: \"OFF\"}\n");
  stage.broker.start();
  stage.hub.start();
  REQUIRE(stage.is("lamp", "online"));
  stage.hub.process().signal(SIGSTOP);
  std::this_thread::sleep_for(4s);  // longer than a device may be silent
  stage.hub.process().signal(SIGCONT);
  REQUIRE(eventually([&] { return stage.hub.timesOnline("lamp") >= 2; }));
  CHECK(stage.is("lamp", "online"));
}

TEST_CASE(
    "a device that tells of itself is there again after a broker that only stood still, and not after a new one") {
  Stage stage(std::string(kPlug) +
              "  lamp:\n    type: plain_lamp\n    mqtt:\n      commands: {flash: {topic: cmnd/lamp/FLASH, payload: x, "
              "turn: none, params: {}}}\n      halt: {topic: cmnd/lamp/POWER, payload: \"OFF\"}\n");
  stage.broker.start();
  stage.hub.start();
  auto ear = std::make_unique<Client>(stage.broker.port(), "hub");
  ear->publish("tele/plug/LWT", "Online", true);
  REQUIRE(stage.is("plug", "online"));
  REQUIRE(stage.is("lamp", "online"));
  // The broker must have given an echo before its silence says anything.
  REQUIRE(eventually([&] { return stage.figure("robohub_mqtt_messages_total{direction=\"in\"}") >= 2; }));
  stage.broker.process().signal(SIGSTOP);
  REQUIRE(stage.is("plug", "offline", 6s));
  stage.broker.process().signal(SIGCONT);
  // The connection has held: the broker does not say again what it has kept.
  CHECK(stage.is("plug", "online"));
  // What it says meanwhile counts all the same.
  ear->publish("tele/plug/LWT", "Offline", true);
  CHECK(stage.is("plug", "offline"));
  ear->publish("tele/plug/LWT", "Online", true);
  REQUIRE(stage.is("plug", "online"));

  // A stall that ends as a loss: the broker that comes then keeps nothing of before.
  stage.broker.process().signal(SIGSTOP);
  REQUIRE(stage.is("plug", "offline", 6s));
  REQUIRE(stage.is("lamp", "offline"));
  stage.broker.process().kill();
  ear.reset();
  stage.broker.start();
  REQUIRE(stage.is("lamp", "online", 20s));
  CHECK_FALSE(stage.is("plug", "online", 1s));
}
