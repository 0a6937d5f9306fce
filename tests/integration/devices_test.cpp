// How a device comes to its hub and leaves it.
#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <fstream>

#include "integration/support/stage.hpp"
#include "net/websocket_client.hpp"
#include "support/slowness.hpp"

using namespace robohub::integration;
namespace net = robohub::net;

namespace {

// Dials the agents' socket, says `text` (binary when asked) and returns the close code; 0 when it stays open.
int sayGarbage(const HubProcess& hub, const std::string& authorization, const std::string& text, bool binary) {
  net::Loop loop;
  int closed = 0;
  std::shared_ptr<net::WebSocket> socket;
  net::WebSocketRequest request;
  request.endpoint = net::Endpoint::tcp("127.0.0.1", hub.port());
  request.target = "/api/v1/agent";
  request.headers = {{"Authorization", authorization}};
  request.options.protocol = "robohub.agent.v1";
  auto dialling = net::dialWebSocket(loop, std::move(request), [&](net::WebSocketDialled result) {
    socket = result.socket;
    if (!socket) {
      closed = result.http_status;
      return loop.stop();
    }
    socket->onClosed([&](std::uint16_t code, std::string_view) {
      closed = code;
      loop.stop();
    });
    if (binary)
      socket->sendBinary(text);
    else
      socket->sendText(text);
  });
  loop.after(std::chrono::seconds(4), [&] { loop.stop(); });
  loop.run();
  return closed;
}

}  // namespace

TEST_CASE("a device is enrolled, claimed once, revoked, and enrolled again") {
  Stage stage;
  REQUIRE(stage.start());
  const auto key_file = stage.agent.state() / "key";
  struct stat facts {};
  REQUIRE(::stat(key_file.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  CHECK(stage.hub.presence("d1") == "online");

  // The key survives a restart, and the used code is not used again.
  CHECK(stage.agent.process().end() == 0);
  stage.agent.start();
  REQUIRE(stage.agent.online());

  // A second agent cannot use the same folder.
  Process second;
  second.start(TEST_BIN "/robohub-agent", {"--config", stage.agent.settings().string()});
  CHECK(second.exitCode() == 73);
  CHECK(second.output().find("Another agent") != std::string::npos);

  // Revoked: the link is closed, and the key is void.
  const auto gone = stage.hub.request("DELETE", "/api/v1/devices/d1", "", stage.hub.administrator());
  CHECK(gone.status == 204);
  CHECK(eventually([&] {
    return stage.agent.process().output().find("the hub refuses this device: revoked") != std::string::npos;
  }));
  INFO(stage.agent.process().output());
  CHECK(stage.agent.process().end() == 0);

  // A wrong code is said to be wrong, and costs nothing.
  stage.agent.configure(stage.hub.url(), "AAAA-BBBB-CCCC");
  std::filesystem::remove_all(stage.agent.state());
  stage.agent.start();
  CHECK(stage.agent.process().exitCode() == 77);
  CHECK(stage.agent.process().output().find("claim code") != std::string::npos);

  stage.agent.configure(stage.hub.url(), stage.hub.enrol("d1", "laser_turret"));
  stage.agent.start();
  REQUIRE(stage.agent.online());
}

TEST_CASE("a claim code is good for one agent") {
  Stage stage;
  REQUIRE(stage.start());
  AgentSetup setup = turretSetup(stage.temp.path());
  setup.driver = "{hardware: model}";
  std::filesystem::create_directory(stage.temp.path() / "thief");
  AgentProcess thief(stage.temp.path() / "thief", setup);
  std::ifstream settings(stage.agent.settings());
  const std::string text{std::istreambuf_iterator<char>(settings), {}};
  const auto at = text.find("claim_code: \"") + 13;
  thief.configure(stage.hub.url(), text.substr(at, text.find('"', at) - at));
  thief.start();
  CHECK(thief.process().exitCode() == 77);
  CHECK(stage.hub.presence("d1") == "online");
}

TEST_CASE("a second agent with a device's key takes the link, and the first says so") {
  Stage stage;
  REQUIRE(stage.start());
  AgentSetup setup = turretSetup(stage.temp.path());
  setup.driver = "{hardware: model}";
  std::filesystem::create_directory(stage.temp.path() / "copy");
  AgentProcess copy(stage.temp.path() / "copy", setup);
  copy.configure(stage.hub.url(), "");
  std::filesystem::create_directory(copy.state());
  std::filesystem::permissions(copy.state(), std::filesystem::perms::owner_all);
  std::filesystem::copy_file(stage.agent.state() / "key", copy.state() / "key");
  copy.start();
  REQUIRE(copy.online());
  CHECK(eventually(
      [&] { return stage.agent.process().output().find("another agent of this device") != std::string::npos; }));
  CHECK(stage.hub.presence("d1") == "online");
  CHECK(copy.process().end() == 0);
}

TEST_CASE("an agent that ends takes its leave within two seconds, with the laser off") {
  Stage stage;
  REQUIRE(stage.start());
  Laser laser(stage.edges());
  Page ann(stage.hub, "Ann");
  REQUIRE(ann.drive("d1"));
  REQUIRE(succeeds(ann, "laser", R"({"on":true})"));
  REQUIRE(laser.becomes(true));
  const auto asked = monotonicNs();
  CHECK(stage.agent.process().end(2s * robohub::test::kSlowness) == 0);
  CHECK_FALSE(laser.on());
  CHECK(laser.offNs() - asked < 200'000'000);
  CHECK(eventually([&] { return stage.hub.presence("d1") == "offline"; }));
}

TEST_CASE("an agent whose output nobody takes comes back to its hub all the same, and stops when it is told to") {
  Stage stage;
  REQUIRE(stage.start());
  stage.agent.process().holdOutput();
  stage.hub.process().kill();
  stage.hub.start();
  REQUIRE(eventually([&] { return stage.hub.presence("d1") == "online"; }, 20s));
  Laser laser(stage.edges());
  Page ann(stage.hub, "Ann");
  REQUIRE(ann.drive("d1"));
  REQUIRE(succeeds(ann, "laser", R"({"on":true})"));
  REQUIRE(laser.becomes(true));
  ann.send(R"({"type":"stop","device":"d1","reason":"enough"})");
  CHECK(laser.becomes(false));
}

TEST_CASE("nonsense on the agents' socket closes that socket and nothing else") {
  Stage stage;
  REQUIRE(stage.start());
  std::ifstream file(stage.agent.state() / "key");
  std::string key;
  std::getline(file, key);
  const std::string good = "Robohub-Device d1:" + key;

  CHECK(sayGarbage(stage.hub, "Robohub-Device d1:" + std::string(43, 'A'), "{}", false) == 401);
  CHECK(sayGarbage(stage.hub, "", "{}", false) == 401);
  CHECK(sayGarbage(stage.hub, "Robohub-Device nobody:" + key, "{}", false) == 401);
  for (const char* text :
       {"", "{", "[]", "null", R"({"type":"hello"})", R"({"type":"hello","role":"control","role":"bulk"})",
        R"({"type":"beat","t_ns":1e999})", R"({"type":"telemetry","channel":"x","t_ns":1,"value":{}})"}) {
    INFO(text);
    CHECK(sayGarbage(stage.hub, good, text, false) != 0);
  }
  CHECK(sayGarbage(stage.hub, good, std::string(70'000, '['), false) != 0);
  CHECK(sayGarbage(stage.hub, good, std::string("\x01\xff\x00\x00", 4), true) != 0);

  CHECK(stage.hub.presence("d1") == "online");
  Page ann(stage.hub, "Ann");
  REQUIRE(ann.drive("d1"));
  CHECK(succeeds(ann, "centre", "{}"));
  // The agent was not pushed off: it has been online once.
  CHECK_FALSE(stage.agent.online(100ms));
}

TEST_CASE("what the command line prints at an enrolment is what an agent starts with") {
  robohub::test::TempFolder temp;
  HubProcess hub(temp.path());
  hub.start();
  Process enrol;
  enrol.start(TEST_BIN "/robohub",
              {"device", "enrol", "d7", "--type", "test_good", "--data", hub.data(), "--hub-url", hub.url()});
  REQUIRE(enrol.exitCode() == 0);
  std::string yaml = enrol.output();
  yaml.erase(0, yaml.find("# d7 at its hub"));
  // The hub says the first of its plugin folders; this type is in the second.
  const std::string first = TEST_PLUGIN_FOLDER;
  if (const auto at = yaml.find(first + '"'); at != std::string::npos) yaml.replace(at, first.size(), TEST_PLUGINS);
  std::ofstream(temp.path() / "agent.yaml") << yaml;
  INFO(yaml);
  Process agent;
  agent.start(TEST_BIN "/robohub-agent", {"--config", (temp.path() / "agent.yaml").string()});
  CHECK(agent.line("robohub-agent: online as d7 at " + hub.url()));
  INFO(agent.output());
  CHECK(eventually([&] { return hub.presence("d7") == "online"; }));
  CHECK(agent.end() == 0);
}

TEST_CASE("an agent's settings are checked without doing anything") {
  Stage stage;
  stage.agent.configure("http://127.0.0.1:1", "AAAA-BBBB-CCCC");
  Process check;
  check.start(TEST_BIN "/robohub-agent", {"--config", stage.agent.settings().string(), "--check"});
  CHECK(check.exitCode() == 0);
  CHECK(check.output().find("laser_turret") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(stage.agent.state()));

  std::ofstream(stage.agent.settings()) << "hub: {url: 7}\ndevise: d1\nplugin: {type: laser_turret}\n";
  Process wrong;
  wrong.start(TEST_BIN "/robohub-agent", {"--config", stage.agent.settings().string(), "--check"});
  CHECK(wrong.exitCode() == 78);
  CHECK(wrong.output().find(":2:1:") != std::string::npos);
}
