#include "device/agent_yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::device;

TEST_CASE("enrolment prints an agent.yaml that is ready to use, whatever the paths hold") {
  Enrolment enrolment{*DeviceId::parse("lab-turret"), "laser_turret", "7QK2-M0XD-9RTB", {}};
  std::string text = agentYaml(enrolment, {.hub_url = "https://hub.example:8080",
                                           .fingerprint = "",
                                           .plugin_path = "/opt/it's: \"here\" # yes",
                                           .state_dir = ""});
  YAML::Node yaml = YAML::Load(text);
  CHECK(yaml["hub"]["url"].as<std::string>() == "https://hub.example:8080");
  CHECK(yaml["device"].as<std::string>() == "lab-turret");
  CHECK(yaml["claim_code"].as<std::string>() == "7QK2-M0XD-9RTB");
  CHECK(yaml["state_dir"].as<std::string>() == "./data/agents/lab-turret");
  CHECK(yaml["plugin"]["type"].as<std::string>() == "laser_turret");
  CHECK(yaml["plugin"]["path"].as<std::string>() == "/opt/it's: \"here\" # yes");
  CHECK(yaml["plugin"]["host"].as<std::string>() == "child");
  CHECK(yaml.size() == 5);
  // The commented sections are good YAML as well, once the marks are taken off.
  std::string uncommented;
  std::istringstream lines(text.substr(text.find("# driver:")));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("# ") && line.find("For example:") == std::string::npos) uncommented += line.substr(2) + "\n";
  CHECK(YAML::Load(uncommented)["camera"]["source"].as<std::string>() == "mjpeg");
  CHECK(YAML::Load(uncommented)["microphone"]["source"].as<std::string>() == "alsa");
}

TEST_CASE("a hub whose certificate nobody vouches for is named by its fingerprint, over https only") {
  const Enrolment enrolment{*DeviceId::parse("d1"), "laser_turret", "7QK2-M0XD-9RTB", {}};
  const auto hub = [&](const std::string& url) {
    return YAML::Load(agentYaml(
        enrolment, {.hub_url = url, .fingerprint = "sha256:AB:CD", .plugin_path = "plugins", .state_dir = ""}))["hub"];
  };
  CHECK(hub("https://hub.example")["fingerprint"].as<std::string>() == "sha256:AB:CD");
  CHECK_FALSE(hub("http://hub.example")["fingerprint"]);
}
