#include "agent/settings.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "unit/store/temp_folder.hpp"

using namespace robohub;
using agent::Settings;

namespace {

config::Errors readFrom(const std::string& text, Settings& settings) {
  return config::readText(text, "agent.yaml", "/etc/robohub", [&](config::Section& s) { agent::read(s, settings); });
}

constexpr const char* kComplete = R"(hub:
  url: http://127.0.0.1:8080
device: lab-turret
claim_code: "ABCD-EFGH-JKLM"
state_dir: ../data/agents/lab-turret
plugin:
  type: laser_turret
  path: plugins
  host: inline
driver:
  hardware: model
  address: 0x40
  keep_out: []
camera:
  source: mjpeg
  url: http://127.0.0.1:8090/?action=stream
  stream: main
log:
  level: debug
)";

}  // namespace

TEST_CASE("a complete agent.yaml is read") {
  Settings s;
  const auto errors = readFrom(kComplete, s);
  INFO(config::format(errors));
  REQUIRE(errors.empty());
  CHECK(s.hub_url == "http://127.0.0.1:8080");
  CHECK(s.device == "lab-turret");
  CHECK(s.claim_code == "ABCD-EFGH-JKLM");
  CHECK(s.plugin.type == "laser_turret");
  CHECK(s.plugin.path == "/etc/robohub/plugins");
  CHECK(s.plugin.host == agent::PluginSettings::Host::in_agent);
  CHECK(s.driver == R"({"hardware":"model","address":64,"keep_out":[]})");
  CHECK(s.camera.source == agent::CameraSettings::Source::mjpeg);
  CHECK(s.camera.url == "http://127.0.0.1:8090/?action=stream");
  CHECK(s.log_level == agent::LogLevel::debug);
}

TEST_CASE("what a short agent.yaml leaves out has its default") {
  robohub::test::TempFolder folder;
  const auto file = folder.path() / "agent.yaml";
  std::ofstream(file) << "hub: {url: \"http://h\"}\ndevice: d1\nplugin: {type: t, path: p}\ndriver:\n";
  Settings s;
  const auto errors = agent::readSettings(file, &s);
  INFO(config::format(errors));
  REQUIRE(errors.empty());
  CHECK(s.state_dir == folder.path() / "data/agents/d1");
  CHECK(s.plugin.host == agent::PluginSettings::Host::child);
  CHECK(s.driver == "{}");
  CHECK(s.camera.source == agent::CameraSettings::Source::driver);
  CHECK(s.claim_code.empty());
}

TEST_CASE("all that is wrong in agent.yaml is told at once, with its place") {
  Settings s;
  const auto errors = readFrom(R"(hub:
  url: ftp://x
devise: lab
plugin:
  type: "Laser Turret"
driver: 7
camera:
  source: mjpeg
)",
                               s);
  const std::string text = config::format(errors);
  INFO(text);
  CHECK(text.find("agent.yaml:2:8:") != std::string::npos);
  CHECK(text.find("agent.yaml:3:1:") != std::string::npos);
  CHECK(text.find("Did you mean `device`?") != std::string::npos);
  CHECK(text.find("agent.yaml:5:9:") != std::string::npos);
  CHECK(text.find("plugin.path") != std::string::npos);
  CHECK(text.find("`driver` must be a mapping") != std::string::npos);
  CHECK(text.find("camera.url") != std::string::npos);
}
