// What the configuration says about the MQTT broker and the devices behind it. Filled by the reader of robohub.yaml.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace robohub::gateway {

struct MqttBroker {
  std::string url;        // "mqtt://host:1883" or "mqtts://host:8883"; empty: there is no broker
  std::string client_id;  // empty: "robohub-" and random digits, new for each start
  std::string user, password;
  std::filesystem::path ca_file;           // empty: the system's authorities (mqtts)
  std::filesystem::path certificate, key;  // the hub's own, where the broker asks for one; both or neither
  Duration keep_alive = std::chrono::seconds(10);
};

// One parameter of a command, or one measured value.
struct MqttParam {
  enum class Kind { number, integer, boolean, choice, text };
  std::string name;
  Kind kind = Kind::number;
  double minimum = 0, maximum = 0;  // numbers and integers; far apart where nobody has said them
  std::vector<std::string> values;  // choice
  std::int64_t max_length = 0;      // text, in characters
  std::string unit;                 // empty: as its name says ("x_px"), or none
  std::string title;                // may be empty
};

struct MqttCommand {
  std::string name;
  std::string topic;
  std::string payload;            // a template, see mqtt_template.hpp
  std::vector<MqttParam> params;  // with has_params: instead of the plugin's
  bool has_params = false;
  std::string title;
  std::string description;
  bool needs_turn = true;
  bool hazardous = false;
};

struct MqttChannel {
  std::string name;
  std::string topic;
  // Where in the payload, as JSON Pointers. `pointer` for a channel with one value, called "value"; `fields` by member
  // for a channel of the plugin's type. Neither: the whole payload.
  std::optional<std::string> pointer;
  std::map<std::string, std::string> fields;
  MqttParam value;  // of a channel that the plugin's type does not have
  std::string title;
  bool retained = false;  // whether what the broker kept counts, of whatever age it is
};

struct MqttMessage {
  std::string topic, payload;
};

struct MqttDevice {
  std::string id;  // a plain name
  std::string type;
  std::string name;  // may be empty
  bool accept_unfenced = false;
  bool native = false;
  bool translator = false;
  std::filesystem::path calibration;     // empty: none
  std::string translator_settings_json;  // an object; empty: none
  std::vector<std::string> listen;       // what the translator hears
  std::vector<std::string> hazards;      // of a type that no plugin declares
  std::vector<MqttCommand> commands;
  std::vector<MqttChannel> telemetry;
  std::optional<MqttMessage> halt;
  std::optional<MqttMessage> online;  // what says that it is there, and how; anything else there says that it is not
  bool has_streams = false;           // pictures come from elsewhere (devices.NAME.streams)
  std::string where;                  // "robohub.yaml:12:3"
};

struct MqttSettings {
  MqttBroker broker;
  std::vector<MqttDevice> devices;
};

}  // namespace robohub::gateway
