// The shipped settings and their documentation against the readers themselves.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <regex>

#include "agent/settings.hpp"
#include "hub/settings.hpp"
#include "hub/settings_keys.hpp"
#include "tree.hpp"
#include "unit/store/temp_folder.hpp"

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

// What stands indented behind a line of MIGRATING.md that ends with "in `robohub.yaml`:", under this heading.
std::string migrationOf(const std::string& heading) {
  std::string yaml;
  bool here = false, settings = false;
  for (const std::string& line : linesOf(root() / "docs/MIGRATING.md")) {
    if (line.starts_with("## ")) here = line == "## " + heading;
    if (here && line.ends_with("in `robohub.yaml`:"))
      settings = true;
    else if (settings && line.starts_with("    "))
      yaml += line.substr(4) + "\n";
    else if (settings && !line.empty())
      settings = false;
  }
  return yaml;
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
  for (const std::string name : {"lab-turret.agent.yaml", "lab-rover.agent.yaml", "lab-camera.agent.yaml"}) {
    std::string lab = readFile(root() / "config" / name);
    const std::string word = "@HUB_URL@";
    lab.replace(lab.find(word), word.size(), "http://127.0.0.1:8080");
    CHECK(config::format(config::readText(lab, name, "/",
                                          [&](config::Section& section) { agent::read(section, settings); })) == "");
  }
}

TEST_CASE("robohub.yaml says the defaults that the hub has, but for the paths of a checkout") {
  const hub::ReadSettings shipped = hub::readSettingsOf(root() / "config/robohub.yaml", {});
  REQUIRE(shipped.errors.empty());
  for (const auto& key : shipped.keys) {
    if (key.path == "server.data" || key.path == "server.web" || key.path == "plugins.path") continue;
    INFO(key.path << " at " << key.where);
    CHECK(key.value == key.fallback);
  }
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

TEST_CASE("the settings that MIGRATING.md shows are taken as they stand, and let in whom the older servers let in") {
  const robohub::test::TempFolder folder;
  const fs::path password = folder.path() / "mqtt.password";
  std::ofstream(password) << "secret\n";
  fs::permissions(password, fs::perms::owner_read | fs::perms::owner_write);
  for (const auto& [heading, wanted] : std::map<std::string, std::vector<std::string>>{
           {"The Cat Laser", {"guests.watch", "guests.play", "devices.cat-laser.accept_unfenced"}},
           {"IoT-Robot-Server", {"guests.watch", "guests.play", "robots.plaintext", "robots.accept_unfenced"}}}) {
    const hub::ReadSettings read = hub::readSettingsText(migrationOf(heading), folder.path() / "robohub.yaml", {});
    INFO(heading << ": " << config::format(read.errors));
    CHECK(read.errors.empty());
    for (const std::string& path : wanted) {
      INFO(path);
      CHECK(std::any_of(read.keys.begin(), read.keys.end(),
                        [&](const config::KeyInfo& key) { return key.path == path && key.value == "true"; }));
    }
  }
}

TEST_CASE("every setting of a driver that a plugin's README tells is in agent.yaml where that is of its type") {
  const std::string shipped = readFile(root() / "config/agent.yaml");
  const std::regex key(R"(\n  ([a-z_0-9]+): )");
  const std::string readme = readFile(root() / "plugins/laser_turret/README.md");
  const auto begin = readme.find("\ndriver:\n");
  REQUIRE(begin != std::string::npos);
  const std::string part = readme.substr(begin, readme.find("```", begin) - begin);
  int found = 0;
  for (auto i = std::sregex_iterator(part.begin(), part.end(), key); i != std::sregex_iterator(); ++i, ++found) {
    INFO((*i)[1]);
    CHECK(shipped.find((*i)[1].str() + ":") != std::string::npos);
  }
  CHECK(found > 8);
}
