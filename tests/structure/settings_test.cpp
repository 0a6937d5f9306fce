// The shipped settings and their documentation against the readers themselves.
#include <catch2/catch.hpp>

#include "agent/settings.hpp"
#include "hub/settings.hpp"
#include "tree.hpp"

using namespace robohub;
using namespace structure;

namespace {

std::vector<config::KeyInfo> hubKeys() {
  hub::Settings settings;
  return config::describe([&](config::Section& section) { hub::readSettings(section, settings); });
}

std::vector<config::KeyInfo> agentKeys() {
  agent::Settings settings;
  return config::describe([&](config::Section& section) { agent::read(section, settings); });
}

// The text of CONFIGURATION.md between two headings.
std::string chapter(const std::string& from, const std::string& to) {
  const std::string text = readFile(root() / "docs/CONFIGURATION.md");
  const auto begin = text.find("\n## " + from + "\n");
  REQUIRE(begin != std::string::npos);
  return text.substr(begin, to.empty() ? std::string::npos : text.find("\n## " + to + "\n") - begin);
}

bool holdsValue(const config::KeyInfo& key) {
  return key.kind != "section" && key.kind != "map";
}

}  // namespace

TEST_CASE("the hub reads the shipped settings without a fault") {
  for (const char* name : {"robohub.yaml", "lab.yaml"}) {
    hub::Settings settings;
    CHECK(config::format(hub::readSettingsFile(root() / "config" / name, settings)) == "");
  }
}

TEST_CASE("the agent reads the shipped settings without a fault") {
  agent::Settings settings;
  CHECK(config::format(agent::readSettings(root() / "config/agent.yaml", &settings)) == "");
  // The template's words between @ signs stand for a URL and paths.
  std::string lab = readFile(root() / "config/lab-turret.agent.yaml");
  const std::string word = "@HUB_URL@";
  lab.replace(lab.find(word), word.size(), "http://127.0.0.1:8080");
  CHECK(config::format(config::readText(lab, "lab-turret.agent.yaml", "/",
                                        [&](config::Section& section) { agent::read(section, settings); })) == "");
}

TEST_CASE("robohub.yaml says the defaults that the hub has") {
  hub::Settings shipped;
  REQUIRE(hub::readSettingsFile(root() / "config/robohub.yaml", shipped).empty());
  hub::Settings empty;
  REQUIRE(config::readText("", "empty", "/", [&](config::Section& s) { hub::readSettings(s, empty); }).empty());
  CHECK(shipped.listen == empty.listen);
  CHECK(shipped.insecure == empty.insecure);
  CHECK(shipped.loops == empty.loops);
  CHECK(shipped.origins == empty.origins);
  CHECK(shipped.identity.access.guests_watch == empty.identity.access.guests_watch);
  CHECK(shipped.identity.access.guests_play == empty.identity.access.guests_play);
  CHECK(shipped.identity.guest_session == empty.identity.guest_session);
  CHECK(shipped.identity.account_session == empty.identity.account_session);
  CHECK(shipped.identity.account_idle == empty.identity.account_idle);
  CHECK(shipped.turns.length == empty.turns.length);
  CHECK(shipped.turns.warning == empty.turns.warning);
  CHECK(shipped.turns.grace == empty.turns.grace);
  CHECK(shipped.turns.handover == empty.turns.handover);
  CHECK(shipped.turns.program_idle == empty.turns.program_idle);
  CHECK(shipped.turns.when_alone == empty.turns.when_alone);
  CHECK(shipped.turns.max_waiting == empty.turns.max_waiting);
  CHECK(shipped.device_turns.empty());
  CHECK(shipped.enrolment.claim_code_lifetime == empty.enrolment.claim_code_lifetime);
  CHECK(shipped.http.max_connections == empty.http.max_connections);
  CHECK(shipped.http.max_per_address == empty.http.max_per_address);
  CHECK(shipped.http.head_deadline == empty.http.head_deadline);
  CHECK(shipped.http.keep_alive_idle == empty.http.keep_alive_idle);
  CHECK(shipped.log_level == empty.log_level);
}

TEST_CASE("every key that the hub or the agent reads is in CONFIGURATION.md and in the shipped settings") {
  const auto check = [](const std::vector<config::KeyInfo>& keys, const std::string& text, const std::string& file) {
    const std::string shipped = readFile(root() / "config" / file);
    for (const auto& key : keys) {
      if (!holdsValue(key) || key.path.starts_with("devices.<name>.turns.")) continue;
      INFO(file << ": " << key.path);
      CHECK(text.find("| `" + key.path + "` |") != std::string::npos);
      CHECK(shipped.find(key.path.substr(key.path.rfind('.') + 1) + ":") != std::string::npos);
    }
  };
  CHECK(hubKeys().size() > 20);
  check(hubKeys(), chapter("robohub.yaml", "agent.yaml"), "robohub.yaml");
  check(agentKeys(), chapter("agent.yaml", ""), "agent.yaml");
}
