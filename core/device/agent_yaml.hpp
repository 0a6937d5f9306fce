// What enrolment hands to the person at the device: a complete agent.yaml, to be saved and started. Pure. [any-thread]
#pragma once
#include <string>

#include "device/registry.hpp"

namespace robohub::device {

struct AgentYamlPlaces {
  std::string hub_url = "http://127.0.0.1:8080";  // as the device reaches the hub
  std::string fingerprint = {};                   // of the hub's certificate when it is self-signed; written for https
  std::string plugin_path = "plugins";            // folder holding <id>/<version>/plugin.json on the device
  std::string state_dir = {};                     // "" = ./data/agents/<device>
};

// The text of agent.yaml for a fresh enrolment; the driver's section is there as a comment.
std::string agentYaml(const Enrolment& enrolment, const AgentYamlPlaces& places);

}  // namespace robohub::device
