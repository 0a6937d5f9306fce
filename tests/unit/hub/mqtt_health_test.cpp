#include <catch2/catch.hpp>

#include "hub/health.hpp"
#include "hub/metrics.hpp"

using namespace robohub;
using namespace robohub::hub;

namespace {

std::vector<std::string> idsOf(const gateway::MqttFigures& mqtt) {
  Facts facts;
  facts.mqtt = mqtt;
  std::vector<std::string> ids;
  for (const Finding& finding : findingsOf(facts))
    if (finding.id.starts_with("mqtt")) {
      CHECK_FALSE(finding.detail.empty());
      CHECK_FALSE(finding.what_to_do.empty());
      ids.push_back(finding.id);
    }
  return ids;
}

}  // namespace

TEST_CASE("a broker that is away, devices that were left out and topics that are kept from the hub are told") {
  gateway::MqttFigures mqtt;
  mqtt.broker = "mqtt://127.0.0.1:1884";
  CHECK(idsOf(mqtt).empty());  // the first attempt is under way
  mqtt.why = "The broker cannot be reached.";
  CHECK(idsOf(mqtt) == std::vector<std::string>{"mqtt"});
  mqtt.up = true;
  mqtt.why.clear();
  CHECK(idsOf(mqtt).empty());
  mqtt.faults = {"devices.lamp.type: no such type"};
  mqtt.refused_filters = {"tele/#"};
  CHECK(idsOf(mqtt) == std::vector<std::string>{"mqtt-devices", "mqtt-topics"});
}
