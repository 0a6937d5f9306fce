#include "hub/read_mqtt.hpp"

#include "gateway/mqtt/extract.hpp"
#include "gateway/mqtt/template.hpp"
#include "gateway/mqtt/topic.hpp"

namespace robohub::hub {

namespace {

using namespace std::chrono_literals;
using gateway::MqttParam;

constexpr double kLargest = 1e15;
constexpr config::LengthRange kTopic{1, 1024}, kTitle{1, 128};

void readTopic(config::Section& section, std::string& topic, bool wildcards = false) {
  if (!section.atStart().text("topic", &topic, kTopic)) return;
  if (wildcards ? !gateway::isMqttFilter(topic) : !gateway::isMqttTopic(topic))
    section.refuse("topic", wildcards ? "This is no topic of MQTT."
                                      : "This is no topic that can be published to: wildcards (+, #), control "
                                        "characters and a $ at the beginning are not for that.");
}

bool isNumber(const MqttParam& param) {
  return param.kind == MqttParam::Kind::number || param.kind == MqttParam::Kind::integer;
}

// Of a parameter or of a measured value.
void readParam(config::Section& section, MqttParam& param) {
  using Kind = MqttParam::Kind;
  section.atStart().choice("type", &param.kind,
                           {{"number", Kind::number},
                            {"integer", Kind::integer},
                            {"boolean", Kind::boolean},
                            {"choice", Kind::choice},
                            {"text", Kind::text}});
  section.atStart().number("minimum", &param.minimum, {-kLargest, kLargest});
  section.atStart().number("maximum", &param.maximum, {-kLargest, kLargest});
  section.atStart().list("values", &param.values, 64, {1, 64});
  section.atStart().integer("max_length", &param.max_length, {1, 4096});
  section.atStart().text("unit", &param.unit, {1, 16});
  section.atStart().text("title", &param.title, kTitle);
}

void requireWhole(config::Section& section, const MqttParam& param) {
  const bool number = isNumber(param);
  if (number) section.require({"minimum", "maximum"});
  if (number && param.minimum > param.maximum) section.refuse("minimum", "This is above the maximum.");
  if (param.kind == MqttParam::Kind::choice && param.values.empty()) section.require({"values"});
  if (param.kind == MqttParam::Kind::text) section.require({"max_length"});
}

void readCommand(config::Section& section, gateway::MqttCommand& command) {
  section.require({"topic", "payload"});
  readTopic(section, command.topic);
  command.has_params = section.has("params");
  section.map("params", [&](const std::string& name, config::Section& each) {
    MqttParam param;
    param.name = name;
    readParam(each, param);
    requireWhole(each, param);
    command.params.push_back(std::move(param));
  });
  if (section.atStart().text("payload", &command.payload, {0, gateway::kMaxMqttPayload})) {
    std::vector<std::string> names;
    for (const MqttParam& param : command.params) names.push_back(param.name);
    const Status good = gateway::MqttTemplate::check(command.payload, command.has_params ? &names : nullptr);
    if (!good) section.refuse("payload", good.error().message);
  }
  section.atStart().text("title", &command.title, kTitle);
  section.atStart().text("description", &command.description, {1, 512});
  section.atStart().choice("turn", &command.needs_turn, {{"required", true}, {"none", false}});
  section.atStart().boolean("hazardous", &command.hazardous);
  if (command.hazardous && !command.needs_turn)
    section.refuse("turn", "What can do harm needs a turn: take this out, or hazardous.");
}

void readChannel(config::Section& section, gateway::MqttChannel& channel) {
  section.require({"topic"});
  readTopic(section, channel.topic, true);
  std::string pointer;
  if (section.atStart().text("json", &pointer, {0, 256})) {
    channel.pointer = pointer;
    if (!gateway::isJsonPointer(pointer))
      section.refuse("json", "This is no JSON Pointer; it looks like /BME280/Temperature.");
  }
  section.map("fields", [&](const std::string& member, config::Section& each) {
    std::string at;
    each.require({"json"});
    if (each.atStart().text("json", &at, {0, 256}) && !gateway::isJsonPointer(at))
      each.refuse("json", "This is no JSON Pointer; it looks like /BME280/Temperature.");
    channel.fields[member] = at;
  });
  if (channel.pointer && !channel.fields.empty())
    section.refuse("fields", "A channel has either one value, at `json`, or the members of its type, at `fields`.");
  section.atStart().boolean("retained", &channel.retained);
  channel.value.name = "value";
  readParam(section, channel.value);
  // Described here, and nothing is said of where in the message it stands: the whole message is the value. That it is a
  // number is not enough; the plugin's type may have the channel.
  const bool described =
      section.has("minimum") || (section.has("type") && channel.fields.empty() && !isNumber(channel.value));
  if (described && !channel.pointer) channel.pointer = "";
  // Whoever attaches a sensor that is not his often does not know its range. One bound alone is a slip.
  const bool any_number = isNumber(channel.value) && !section.has("minimum") && !section.has("maximum");
  if (any_number) {
    channel.value.minimum = -kLargest;
    channel.value.maximum = kLargest;
  } else if (channel.pointer) {
    requireWhole(section, channel.value);
  }
  channel.title = channel.value.title;
}

void readMessage(config::Section& device, const char* key, std::optional<gateway::MqttMessage>& out,
                 const std::string& payload) {
  device.section(key, [&](config::Section& section) {
    gateway::MqttMessage message{"", payload};
    section.require({"topic"});
    readTopic(section, message.topic);
    section.atStart().text("payload", &message.payload, {0, gateway::kMaxMqttPayload});
    out = message;
  });
}

void readLink(config::Section& section, gateway::MqttDevice& device) {
  section.atStart().boolean("native", &device.native);
  section.atStart().boolean("translator", &device.translator);
  section.atStart().path("calibration", &device.calibration);
  section.atStart().json("settings", &device.translator_settings_json);
  section.atStart().list("listen", &device.listen, 64, kTopic);
  section.atStart().list("hazards", &device.hazards, 16, {1, 32});
  section.map("commands", [&](const std::string& name, config::Section& each) {
    gateway::MqttCommand command;
    command.name = name;
    readCommand(each, command);
    if (command.hazardous && device.hazards.empty())
      each.refuse("hazardous", "What can do harm must be said: hazards: [motion] beside `commands`.");
    device.commands.push_back(std::move(command));
  });
  section.map("telemetry", [&](const std::string& name, config::Section& each) {
    gateway::MqttChannel channel;
    channel.name = name;
    readChannel(each, channel);
    device.telemetry.push_back(std::move(channel));
  });
  readMessage(section, "halt", device.halt, "");
  readMessage(section, "online", device.online, "online");
  for (const std::string& filter : device.listen)
    if (!gateway::isMqttFilter(filter)) section.refuse("listen", "\"" + filter + "\" is no topic of MQTT.");
  if (!device.listen.empty() && !device.translator)
    section.refuse("listen", "Only a translator listens; say translator: true.");
  const bool described = !device.commands.empty() || !device.telemetry.empty() || device.translator || device.halt ||
                         device.online || !device.calibration.empty();
  if (device.native && described)
    section.refuse("native", "A native device speaks the hub's own topics; nothing else is described here.");
  if (device.native && device.id == "hub")
    section.refuse("native", "At the broker `hub` is the hub's own name; a native device needs another id.");
  if (!device.native && device.commands.empty() && device.telemetry.empty() && !device.translator)
    section.refuse("", "Nothing is said about this device: native, translator, commands or telemetry.");
}

}  // namespace

void readMqtt(config::Section& section, gateway::MqttBroker& broker) {
  section.require({"broker"});
  section.atStart().url("broker", &broker.url, {"mqtt", "mqtts"});
  section.atStart().text("client_id", &broker.client_id, {1, 64});
  section.atStart().text("user", &broker.user, {1, 256});
  section.atStart().secretFile("password_file", &broker.password);
  section.atStart().path("ca_file", &broker.ca_file);
  section.atStart().path("certificate", &broker.certificate);
  section.atStart().path("key", &broker.key);
  section.atStart().duration("keep_alive", &broker.keep_alive, {2s, 10min});
  if (broker.certificate.empty() != broker.key.empty())
    section.refuse(broker.key.empty() ? "certificate" : "key",
                   "A certificate needs its key, and a key its certificate.");
  if (!broker.password.empty() && broker.user.empty()) section.refuse("password_file", "A password needs its user.");
  if (broker.url.starts_with("mqtt:") && !(broker.ca_file.empty() && broker.certificate.empty()))
    section.refuse("broker", "Certificates are for mqtts, and this is plain mqtt: nothing would be checked.");
}

void readMqttDevice(const std::string& id, bool accept_unfenced, config::Section& device,
                    gateway::MqttSettings& settings) {
  gateway::MqttDevice found;
  found.id = id;
  const bool typed = device.atStart().dottedName("type", &found.type);
  device.atStart().text("name", &found.name, {1, 64});
  found.accept_unfenced = accept_unfenced;
  found.has_streams = device.has("streams");
  found.where = device.where();
  if (!device.section("mqtt", [&](config::Section& section) { readLink(section, found); })) {
    if (typed && !device.has("mqtt"))
      device.refuse("type",
                    "This counts for devices with a part `mqtt`; others are enrolled, and say their type there.");
    return;
  }
  device.require({"type"});
  if (typed) settings.devices.push_back(std::move(found));
}

void checkMqtt(config::Section& file, const gateway::MqttSettings& settings) {
  if (settings.devices.empty() || file.has("mqtt")) return;
  file.refuse("devices",
              "Devices have a part `mqtt`, but there is no broker: say mqtt: {broker: mqtt://127.0.0.1:1883}.");
}

}  // namespace robohub::hub
