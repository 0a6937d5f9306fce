// Over real TLS, with the real programs: whose certificate opens the door to a device's link, and that a new
// certificate of the hub comes in without anybody falling out.
#include <catch2/catch.hpp>
#include <fstream>

#include "integration/support/process.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub::integration;

namespace {

// What a program printed, and whether it said that all went well.
struct Ran {
  bool good = false;
  std::string output;
};

class TlsHub {
 public:
  TlsHub() : folder_(temp_.path().string()) { std::filesystem::create_directory(folder_ + "/web"); }

  void configure(const std::string& tls, const std::string& rest) {
    std::ofstream(folder_ + "/robohub.yaml")
        << "server:\n  listen: 127.0.0.1:0\n  data: hub-data\n  web: web\n  tls: " << tls << "\nplugins:\n  path: [\""
        << TEST_PLUGINS << "\"]\n"
        << rest;
  }
  void start() {
    std::vector<std::string> arguments{"serve", "--config", folder_ + "/robohub.yaml"};
    if (!port_.empty()) arguments.insert(arguments.end(), {"--port", port_});
    hub.start(TEST_BIN "/robohub", arguments);
    const std::string ready = "robohub: listening at https://127.0.0.1:";
    const auto line = hub.line(ready);
    INFO(hub.output());
    REQUIRE(line);
    port_ = line->substr(ready.size(), line->size() - ready.size() - 1);
  }
  // `robohub ARGUMENTS`, at the hub or, while it does not run, at its folder.
  Ran run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--config", folder_ + "/robohub.yaml"});
    Process program;
    program.start(TEST_BIN "/robohub", arguments);
    const auto code = program.exitCode(10s);
    return {code == 0, program.output()};
  }
  std::string field(const std::vector<std::string>& arguments, const std::string& name) const {
    const Ran ran = run(arguments);
    INFO(ran.output);
    REQUIRE(ran.good);
    const std::string start = "\"" + name + "\":\"";
    const auto at = ran.output.find(start);
    REQUIRE(at != std::string::npos);
    return ran.output.substr(at + start.size(), ran.output.find('"', at + start.size()) - at - start.size());
  }
  std::string enrol(const std::string& device) const {
    return field({"device", "enrol", device, "--type", "test_good", "--json"}, "claim_code");
  }
  std::string issue(const std::string& device) const {
    return field({"certificate", "issue", "--device", device, "--out", folder_, "--json"}, "fingerprint");
  }
  bool online(const std::string& device) const {
    const Ran ran = run({"device", "list"});
    const auto at = ran.output.find(device + " ");
    return at != std::string::npos &&
           ran.output.substr(at, ran.output.find('\n', at) - at).find("online") != std::string::npos;
  }
  // `hub` is what agent.yaml says of it besides the url.
  void startAgent(Process& agent, const std::string& device, const std::string& code,
                  const std::string& hub_lines) const {
    const std::string file = folder_ + "/agent.yaml";
    std::ofstream out(file);
    out << "hub:\n  url: \"https://127.0.0.1:" << port_ << "\"\n"
        << hub_lines << "device: " << device << "\nstate_dir: state-" << device
        << "\nplugin: {type: test_good, path: \"" << TEST_PLUGINS << "\"}\ncamera: {source: none}\n";
    if (!code.empty()) out << "claim_code: \"" << code << "\"\n";
    out.close();
    agent.start(TEST_BIN "/robohub-agent", {"--config", file});
  }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

  Process hub;

 private:
  robohub::test::TempFolder temp_;
  const std::string folder_;
  std::string port_;
};

constexpr const char* kOnline = "robohub-agent: online";

bool says(Process& program, const std::string& words, std::chrono::milliseconds patience = 10s) {
  return eventually([&] { return program.output().find(words) != std::string::npos; }, patience);
}

}  // namespace

TEST_CASE("a device's link opens to that device's own certificate, and closes when it is revoked") {
  TlsHub hub;
  hub.configure("{mode: on}", "agents:\n  client_certificates: required\n");
  hub.start();
  const auto printed = hub.hub.line("robohub: certificate fingerprint ");
  REQUIRE(printed);
  const std::string pinned =
      "  fingerprint: \"" + printed->substr(std::string("robohub: certificate fingerprint ").size()) + "\"\n";
  const auto showing = [&](const std::string& device) {
    return pinned + "  certificate: " + device + ".crt\n  key: " + device + ".key\n";
  };
  const std::string code = hub.enrol("d1");
  hub.enrol("d2");
  const std::string first = hub.issue("d1");
  hub.issue("d2");

  Process agent;
  hub.startAgent(agent, "d1", code, pinned);
  CHECK(says(agent, "the hub wants this device's certificate"));
  CHECK_FALSE(hub.online("d1"));
  agent.end();

  hub.startAgent(agent, "d1", "", showing("d2"));
  CHECK(says(agent, "the hub wants this device's certificate"));
  CHECK_FALSE(hub.online("d1"));
  agent.end();

  hub.startAgent(agent, "d1", "", showing("d1"));
  REQUIRE(agent.line(kOnline));
  CHECK(hub.online("d1"));
  CHECK(hub.run({"certificate", "revoke", first}).good);
  CHECK(says(agent, "certificate was revoked"));
  CHECK(eventually([&] { return !hub.online("d1"); }));
  agent.end();

  hub.startAgent(agent, "d1", "", showing("d1"));
  CHECK(says(agent, "does not take this client's certificate"));
  agent.end();

  hub.issue("d1");
  hub.startAgent(agent, "d1", "", showing("d1"));
  CHECK(agent.line(kOnline));
  agent.end();
  CHECK(hub.run({"audit", "verify"}).good);
  CHECK(hub.hub.end() == 0);
}

TEST_CASE("a renewed certificate of the hub is taken by a reload, and no link drops") {
  TlsHub hub;
  hub.configure("{mode: off}", "");
  // Without a hub, as an administrator would before the first start.
  REQUIRE(hub.run({"certificate", "server", "127.0.0.1", "localhost"}).good);
  hub.configure("{certificate: hub-data/tls/server.crt, key: hub-data/tls/server.key}", "");
  hub.start();
  const std::string trusting = "  ca: hub-data/tls/authority.crt\n";
  Process agent;
  hub.startAgent(agent, "d1", hub.enrol("d1"), trusting);
  REQUIRE(agent.line(kOnline));

  const std::string renewed =
      hub.field({"certificate", "renew", hub.file("hub-data/tls/server.crt"), "--json"}, "fingerprint");
  const auto shown = [&] { return hub.run({"certificate", "show", "--json"}).output; };
  CHECK(shown().find(renewed) == std::string::npos);
  const Ran reloaded = hub.run({"config", "reload"});
  INFO(reloaded.output);
  CHECK(reloaded.good);
  CHECK(shown().find(renewed) != std::string::npos);
  CHECK(hub.online("d1"));
  CHECK(agent.output().find("is down") == std::string::npos);

  // A key that does not fit changes nothing.
  std::ofstream(hub.file("hub-data/tls/server.key")) << "no key";
  CHECK_FALSE(hub.run({"config", "reload"}).good);
  CHECK(shown().find(renewed) != std::string::npos);
  CHECK(hub.online("d1"));
  agent.end();

  // Who comes anew sees the renewed one, and who trusts another authority stays away.
  hub.startAgent(agent, "d1", "", trusting);
  CHECK(agent.line(kOnline));
  agent.end();
  TlsHub other;
  other.configure("{mode: off}", "");
  REQUIRE(other.run({"certificate", "authority"}).good);
  hub.startAgent(agent, "d1", "", "  ca: \"" + other.file("hub-data/tls/authority.crt") + "\"\n");
  CHECK(says(agent, "is down"));
  CHECK(agent.output().find(kOnline) == std::string::npos);
  agent.end();
  CHECK(hub.hub.end() == 0);
}
