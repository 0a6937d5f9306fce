#include "device/agent_yaml.hpp"

#include "base/json.hpp"

namespace robohub::device {
namespace {

constexpr const char* kRest =
    R"(  host: child   # child: the driver has a process of its own (what is hazardous must); inline: it runs in the agent

# What the driver is told at its start; the plugin's page says what it knows. For example:
# driver:
#   hardware: linux

# Where the picture comes from: the driver itself, or an MJPEG server beside the agent. For example:
# camera:
#   source: mjpeg   # driver, mjpeg or none
#   url: "http://127.0.0.1:8090/?action=stream"
#   stream: main

# The same of sound, for a type that has some: the driver, or a microphone beside the agent. For example:
# microphone:
#   source: alsa    # driver, alsa or none
#   device: "plughw:1,0"
)";

// A JSON string is a double-quoted YAML one, so whatever a path holds stays a string.
std::string line(const char* key, const std::string& value, const char* comment = "") {
  return std::string(key) + ": " + json::quote(value) + comment + "\n";
}

}  // namespace

std::string agentYaml(const Enrolment& enrolment, const AgentYamlPlaces& places) {
  const std::string& id = enrolment.id.str();
  std::string text =
      "# " + id + " at its hub. Save on the device as agent.yaml (chmod 600) and start robohub-agent on it.\n";
  text += "hub:\n" + line("  url", places.hub_url);
  if (!places.fingerprint.empty() && places.hub_url.starts_with("https:"))
    text += line("  fingerprint", places.fingerprint, "   # of the hub's certificate, which nobody else vouches for");
  text += line("device", id);
  text += line("claim_code", enrolment.claim_code, "   # used once; may be removed afterwards");
  text += line("state_dir", places.state_dir.empty() ? "./data/agents/" + id : places.state_dir,
               "   # the device's key, and what it must remember");
  text += "plugin:\n" + line("  type", enrolment.type);
  text += line("  path", places.plugin_path, "   # the folder that holds <plugin>/<version>/plugin.json");
  return text + kRest;
}

}  // namespace robohub::device
