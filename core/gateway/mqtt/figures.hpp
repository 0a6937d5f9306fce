// How the connection to the MQTT broker stands, for health and metrics.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace robohub::gateway {

struct MqttFigures {
  std::string broker;  // its URL
  bool up = false;
  std::string why;                  // why it is not up; empty while the first attempt is under way
  std::vector<std::string> faults;  // devices that were left out: "devices.lamp.type: ..."
  std::vector<std::string> refused_filters;
  std::uint64_t in = 0, out = 0, refused = 0, dropped = 0;
};

}  // namespace robohub::gateway
