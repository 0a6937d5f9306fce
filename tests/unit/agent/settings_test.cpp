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
microphone:
  source: alsa
  device: plughw:1,0
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
  CHECK(s.microphone.source == agent::MicrophoneSettings::Source::alsa);
  CHECK(s.microphone.device == "plughw:1,0");
  CHECK(s.microphone.stream == "sound");
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
  CHECK(s.microphone.source == agent::MicrophoneSettings::Source::driver);
  CHECK(s.microphone.device == "default");
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
microphone:
  device: hw:1
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
  CHECK(text.find("agent.yaml:10:11:") != std::string::npos);
}

TEST_CASE("an address of a camera that nothing would read is told of, beside the driver's pictures") {
  const auto idle = [](const std::string& camera) {
    Settings s;
    const auto errors =
        readFrom("hub: {url: \"http://h\"}\ndevice: d1\nplugin: {type: t, path: p}\ncamera: {" + camera + "}\n", s);
    CHECK(config::format(errors) == "");
    return agent::idleCameraUrl(s);
  };
  CHECK(idle("url: \"http://127.0.0.1:8090/\"").find("`camera.source: mjpeg`") != std::string::npos);
  CHECK(idle("source: driver, url: \"http://127.0.0.1:8090/\"") != "");
  CHECK(idle("source: mjpeg, url: \"http://127.0.0.1:8090/\"") == "");
  CHECK(idle("source: none, url: \"http://127.0.0.1:8090/\"") == "");
  CHECK(idle("source: driver, stream: main") == "");
}

TEST_CASE("how the hub is known over TLS is read, and what does not go together is refused") {
  const auto with = [](const std::string& hub, Settings& settings) {
    return config::format(readFrom("hub: {" + hub + "}\ndevice: d1\nplugin: {type: t, path: p}\n", settings));
  };
  const std::string print(64, 'a');
  Settings s;
  CHECK(with("url: \"https://h\", ca: ca.pem, certificate: a.crt, key: a.key", s) == "");
  CHECK(s.hub_tls.ca_file == "/etc/robohub/ca.pem");
  CHECK(s.hub_tls.certificate_file == "/etc/robohub/a.crt");
  CHECK(s.hub_tls.key_file == "/etc/robohub/a.key");
  CHECK(with("url: \"https://h\", fingerprint: \"sha256:" + print + "\"", s = {}) == "");
  CHECK(s.hub_tls.fingerprint_sha256 == "sha256:" + print);
  for (const auto& [hub, words] : std::vector<std::pair<std::string, std::string>>{
           {"url: \"https://h\", fingerprint: abc", "64 hexadecimal digits"},
           {"url: \"https://h\", certificate: a.crt", "go together"},
           {"url: \"https://h\", key: a.key", "go together"},
           {"url: \"https://h\", ca: ca.pem, fingerprint: " + print, "leave out `hub.ca`"},
           {"url: \"http://h\", fingerprint: " + print, "over TLS only"},
           {"url: \"http://h\", ca: ca.pem", "over TLS only"},
           {"url: \"http://h\", insecure: true", "insecure"}}) {
    INFO(hub);
    CHECK_THAT(with(hub, s = {}), Catch::Matchers::Contains(words));
  }
}

TEST_CASE("what may wait for the hub has a size with its unit, within bounds") {
  const std::string base = "hub: {url: \"http://h\"}\ndevice: d\nplugin: {type: t, path: p}\n";
  Settings s;
  CHECK(readFrom(base, s).empty());
  CHECK(s.captures_max_bytes == std::int64_t(1) << 30);
  CHECK(readFrom(base + "captures: {max_bytes: 256MiB}\n", s).empty());
  CHECK(s.captures_max_bytes == 256 << 20);
  for (const char* bad : {"{max_bytes: 256}", "{max_bytes: 10KiB}", "{max_bytes: 2TiB}", "{bytes: 1GiB}"}) {
    INFO(bad);
    CHECK(readFrom(base + "captures: " + bad + "\n", s).size() == 1);
  }
}
