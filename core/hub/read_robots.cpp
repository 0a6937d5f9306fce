#include "hub/read_robots.hpp"

#include <set>

#include "base/json.hpp"
#include "hub/settings.hpp"

namespace robohub::hub {

namespace {

const std::set<std::string, std::less<>> kOwnTypes{"self_info",    "conn_req",        "disconn_req", "robots",
                                                   "msg",          "com_motor",       "com_led",     "com_buzzer",
                                                   "climate_data", "orientation_data"};

void readDoor(config::Section& section, const char* key, config::Address* address, bool plaintext) {
  if (readListener(section, key, address) && !isLoopback(address->host) && !plaintext)
    section.refuse(key,
                   "Other machines can reach " + address->host +
                       ", and this protocol has neither encryption nor passwords: say `plaintext: true` beside it, "
                       "or listen on 127.0.0.1.");
}

void readType(const std::string& name, config::Section& section, gateway::RobotSettings& settings) {
  section.require({"parameters"});
  // A command has a plain name; what older programs write in `type` is anything.
  std::string type = name;
  section.text("name", &type, {1, 64});
  std::string text;
  if (!section.json("parameters", &text)) return;
  if (kOwnTypes.contains(type))
    return section.refuse("parameters", "\"" + type + "\" is a type of the protocol itself.");
  if (settings.types.contains(type))
    return section.refuse("name", "Messages of the type \"" + type + "\" are declared already.");
  const auto object = json::parseObject(text);
  if (!object) return section.refuse("parameters", "This must be a JSON Schema of an object.");
  auto compiled = schema::compile(*object);
  if (!compiled) return section.refuse("parameters", compiled.error().where + ": " + compiled.error().message);
  // Each is the parameters of a command, which are members.
  if ((*object)->optValue<std::string>("type", "") != "object")
    return section.refuse("parameters",
                          "This must be a JSON Schema of an object: `type: object` with its `properties`.");
  settings.types.emplace(type, gateway::DeclaredType{std::move(*compiled), text, name});
}

}  // namespace

void readRobots(config::Section& section, gateway::RobotSettings& settings) {
  section.atStart().boolean("plaintext", &settings.plaintext);
  readDoor(section, "listen", &settings.listen, settings.plaintext);
  readDoor(section, "browsers", &settings.browsers, settings.plaintext);
  section.choice("accept", &settings.accept_all, {{"ask", false}, {"auto", true}});
  section.boolean("accept_unfenced", &settings.accept_unfenced);
  section.list("origins", &settings.origins, 64, {4, 256});
  for (const std::string& origin : settings.origins)
    if (!isOrigin(origin) && origin != "null")
      section.refuse("origins", "\"" + origin + "\" is no origin as a browser writes it, such as https://hub.example.");
  section.choice("unknown_types", &settings.pass_unknown, {{"pass", true}, {"refuse", false}});
  using gateway::RobotTemperature;
  section.choice("temperature", &settings.temperature,
                 {{"auto", RobotTemperature::automatic},
                  {"celsius", RobotTemperature::celsius},
                  {"tenths", RobotTemperature::tenths}});
  section.map(
      "types", [&](const std::string& name, config::Section& type) { readType(name, type, settings); }, 64);
}

}  // namespace robohub::hub
