// What robohub.yaml may say of MQTT, and what is refused with its place.
#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "config/file.hpp"
#include "gateway/mqtt/type.hpp"
#include "hub/settings.hpp"

using namespace robohub;

namespace {

std::string faults(const std::string& text, hub::Settings* out = nullptr) {
  hub::Settings settings;
  const auto errors =
      config::readText(text, "r", "/", [&](config::Section& section) { hub::readSettings(section, settings); });
  if (out) *out = settings;
  return config::format(errors);
}

const std::string kBroker = "mqtt: {broker: \"mqtt://127.0.0.1:1884\"}\n";

std::string deviceYaml(const std::string& mqtt) {
  return kBroker + "devices:\n  d:\n    type: some_type\n    mqtt: " + mqtt + "\n";
}

}  // namespace

TEST_CASE("a device is described in a few lines") {
  hub::Settings settings;
  CHECK(faults(kBroker + R"(devices:
  plug:
    type: plug
    name: Plug
    accept_unfenced: true
    turns: {length: 30s}
    mqtt:
      commands:
        power: {topic: cmnd/plug, payload: "{on:ON|OFF}", turn: none, params: {on: {type: boolean}}}
      telemetry:
        temperature: {topic: tele/+/SENSOR, json: /t, unit: Cel, minimum: -40, maximum: 85}
      halt: {topic: cmnd/plug, payload: "OFF"}
      online: {topic: tele/plug/LWT}
)",
               &settings) == "");
  REQUIRE(settings.mqtt.devices.size() == 1);
  const gateway::MqttDevice& plug = settings.mqtt.devices[0];
  CHECK(plug.id == "plug");
  CHECK(plug.name == "Plug");
  CHECK(plug.accept_unfenced);
  CHECK_FALSE(plug.commands.at(0).needs_turn);
  CHECK(plug.telemetry.at(0).value.maximum == 85);
  CHECK(plug.halt->payload == "OFF");
  CHECK(plug.online->payload == "online");
}

TEST_CASE("a value that is described and has no place in the message is the whole message, whatever type it is of") {
  hub::Settings settings;
  CHECK(faults(deviceYaml("{telemetry: {relay: {topic: a, type: boolean}, t: {topic: b, minimum: 0, maximum: 1}, "
                          "named: {topic: c}, typed: {topic: d, type: number}}}"),
               &settings) == "");
  REQUIRE(settings.mqtt.devices.size() == 1);
  for (const gateway::MqttChannel& channel : settings.mqtt.devices[0].telemetry) {
    INFO(channel.name);
    CHECK(channel.pointer.has_value() == (channel.name != "named" && channel.name != "typed"));
    CHECK(channel.pointer.value_or("") == "");
  }
}

TEST_CASE("a value of somebody else's sensor needs no bounds: any number is one") {
  hub::Settings settings;
  CHECK(faults(deviceYaml("{telemetry: {temperature: {topic: tele/room/SENSOR, json: /BME280/Temperature}, "
                          "count: {topic: tele/room/COUNT, json: /n, type: integer}, "
                          "whole: {topic: tele/room/WHOLE, json: \"\"}}}"),
               &settings) == "");
  REQUIRE(settings.mqtt.devices.size() == 1);
  const gateway::MqttDevice& device = settings.mqtt.devices[0];
  REQUIRE(device.telemetry.size() == 3);
  CHECK(device.telemetry[0].pointer.value_or("") == "/BME280/Temperature");
  // The type that is made of it is one, and takes what a sensor may say.
  const auto made = gateway::mqttTypeOf(device, live::TypeCatalogue());
  INFO((made ? std::string() : made.error().message));
  REQUIRE(made);
  const auto takes = [&](const char* channel, const std::string& value) {
    return made->type->type->channel(channel)->schema.validate(*json::parse("{\"value\":" + value + "}")).has_value();
  };
  CHECK(takes("temperature", "21.5"));
  CHECK(takes("temperature", "-273.15"));
  CHECK(takes("temperature", "101325"));
  CHECK(takes("whole", "21.5"));
  CHECK(takes("count", "123456789012"));
  CHECK_FALSE(takes("count", "1.5"));
  CHECK_FALSE(takes("temperature", "\"hot\""));
}

TEST_CASE("commands that hurt make a device one of hazards, also where its plugin knows of none") {
  hub::Settings settings;
  CHECK(faults(deviceYaml("{hazards: [motion], halt: {topic: a, payload: \"0\"}, "
                          "commands: {go: {topic: a, payload: \"{on:1|0}\", hazardous: true, "
                          "params: {on: {type: boolean}}}}}"),
               &settings) == "");
  REQUIRE(settings.mqtt.devices.size() == 1);
  gateway::MqttDevice& device = settings.mqtt.devices[0];
  device.type = "test_noisy";
  device.accept_unfenced = true;
  std::vector<Error> left_out;
  const auto catalogue = live::TypeCatalogue::load({TEST_PLUGINS}, left_out);
  const auto made = gateway::mqttTypeOf(device, catalogue);
  INFO((made ? std::string() : made.error().where + ": " + made.error().message));
  REQUIRE(made);
  CHECK(made->type->type->hazards == std::vector<std::string>{"motion"});
  CHECK(made->type->type->command("go")->hazardous);
}

TEST_CASE("what cannot work is refused with its place") {
  const auto command = [](const std::string& text) { return deviceYaml("{commands: {go: " + text + "}}"); };
  const std::pair<std::string, std::string> bad[] = {
      {"devices: {d: {type: t, mqtt: {native: true}}}", "there is no broker"},
      {"devices: {d: {type: t}}", "part `mqtt`"},
      {kBroker + "devices: {d: {mqtt: {native: true}}}", "`devices.d.type` is missing"},
      {"mqtt: {}", "`mqtt.broker` is missing"},
      {"mqtt: {broker: \"http://x\"}", "mqtt.broker"},
      {"mqtt: {broker: \"mqtt://u:p@x\"}", "mqtt.broker"},
      {"mqtt: {broker: \"mqtts://x\", certificate: a.pem}", "needs its key"},
      {"mqtt: {broker: \"mqtt://x\", ca_file: a.pem}", "nothing would be checked"},
      {deviceYaml("{}"), "Nothing is said"},
      {deviceYaml("{native: true, translator: true}"), "nothing else is described"},
      {deviceYaml("{listen: [a], commands: {go: {topic: a, payload: x}}}"), "Only a translator listens"},
      {command("{payload: x}"), "topic` is missing"},
      {command("{topic: a/+, payload: x}"), "no topic that can be published to"},
      {command("{topic: \"$SYS/x\", payload: x}"), "no topic that can be published to"},
      {command("{topic: a, payload: \"{y}\", params: {x: {minimum: 0, maximum: 1}}}"), "There is no parameter \"y\""},
      {command("{topic: a, payload: \"{\"}"), "not closed"},
      {command("{topic: a, payload: x, params: {x: {}}}"), "minimum` is missing"},
      {command("{topic: a, payload: x, params: {x: {minimum: 2, maximum: 1}}}"), "above the maximum"},
      {command("{topic: a, payload: x, params: {x: {type: choice}}}"), "values` is missing"},
      {command("{topic: a, payload: x, params: {x: {type: text}}}"), "max_length` is missing"},
      {command("{topic: a, payload: x, hazardous: true}"), "must be said: hazards"},
      {command("{topic: a, payload: x, retain: true}"), "is no setting"},
      {deviceYaml("{telemetry: {t: {topic: a, json: x, minimum: 0, maximum: 1}}}"), "no JSON Pointer"},
      {deviceYaml("{telemetry: {t: {topic: a, json: /x, maximum: 1}}}"), "minimum` is missing"},
      {deviceYaml("{telemetry: {t: {topic: a, json: /x, minimum: 1}}}"), "maximum` is missing"},
      {deviceYaml("{telemetry: {t: {topic: a, type: choice}}}"), "values` is missing"},
      {deviceYaml("{telemetry: {t: {topic: a, type: text}}}"), "max_length` is missing"},
      {deviceYaml("{telemetry: {t: {topic: a#, json: /x, minimum: 0, maximum: 1}}}"), "no topic of MQTT"},
      {deviceYaml("{telemetry: {t: {topic: a, json: /x, minimum: 0, maximum: 1, fields: {a: {json: /a}}}}}"),
       "either one value"},
  };
  for (const auto& [text, said] : bad) {
    INFO(text << "\ngave: " << faults(text));
    CHECK(faults(text).find(said) != std::string::npos);
  }
}
