#include <catch2/catch.hpp>
#include <regex>

#include "config/tree.hpp"
#include "tree.hpp"

using namespace structure;
using namespace robohub::config;

namespace {

// "server.listen", ... of every key that holds a value. Free parts and empty maps are named, not entered.
void collectKeys(const detail::Node& node, const std::string& path, std::vector<std::string>* keys) {
  if (node.entries.empty() || path == "driver") {
    keys->push_back(path);
    return;
  }
  for (const auto& entry : node.entries)
    collectKeys(*entry.value, path.empty() ? entry.key : path + "." + entry.key, keys);
}

std::vector<std::string> keysOf(const std::string& file) {
  detail::Reading reading;
  reading.name = file;
  const auto tree = detail::parseTree(readFile(root() / "config" / file), reading);
  INFO(format(reading.errors()));
  REQUIRE(tree);
  std::vector<std::string> keys;
  collectKeys(*tree, "", &keys);
  return keys;
}

}  // namespace

TEST_CASE("every key of the shipped settings is in CONFIGURATION.md") {
  const std::string text = readFile(root() / "docs/CONFIGURATION.md");
  for (const char* file : {"robohub.yaml", "lab.yaml", "agent.yaml", "lab-turret.agent.yaml", "lab-rover.agent.yaml",
                           "lab-camera.agent.yaml"}) {
    const auto keys = keysOf(file);
    CHECK(keys.size() > 5);
    for (const auto& key : keys) {
      INFO(file << " has " << key);
      // Of an empty mapping its keys are documented.
      CHECK((text.find("| `" + key + "` |") != std::string::npos || text.find("| `" + key + ".") != std::string::npos));
    }
  }
}

TEST_CASE("every key that CONFIGURATION.md documents for the hub is in robohub.yaml") {
  const auto keys = keysOf("robohub.yaml");
  const std::string shipped = readFile(root() / "config" / "robohub.yaml");
  const std::regex row(R"(^\| `([a-z_.<>]+)` \|)");
  bool hub = false;
  for (const auto& line : linesOf(root() / "docs/CONFIGURATION.md")) {
    if (line.starts_with("## ")) hub = line == "## robohub.yaml";
    std::smatch match;
    if (!hub || !std::regex_search(line, match, row)) continue;
    const std::string key = match[1];
    if (key.starts_with("devices.")) continue;
    INFO(key);
    // What has no default that could be written stands in a comment.
    const std::regex comment("\n *#.*\\b" + key.substr(key.rfind('.') + 1) + ":");
    CHECK((std::find(keys.begin(), keys.end(), key) != keys.end() || std::regex_search(shipped, comment)));
  }
}

TEST_CASE("every page from which somebody makes the package says for which systems it can be made") {
  for (const char* page : {"README.md", "docs/OPERATING.md", "docs/AGENT.md"}) {
    INFO(page);
    const std::string text = readFile(root() / page);
    CHECK(text.find("script/package") != std::string::npos);
    for (const char* word : {"64-bit", "amd64", "arm64"}) CHECK(text.find(word) != std::string::npos);
  }
}

TEST_CASE("a link of a document to another file leads somewhere") {
  auto documents = filesBelow("docs", {".md"});
  for (const char* name : {"README.md", "ARCHITECTURE.md", "CHANGELOG.md"}) documents.push_back(root() / name);
  for (const auto& file : filesBelow("plugins", {".md"})) documents.push_back(file);
  const std::regex link(R"(\]\(([^)#\s]+)(#[^)]*)?\))");
  for (const auto& document : documents) {
    const std::string text = readFile(document);
    for (auto i = std::sregex_iterator(text.begin(), text.end(), link); i != std::sregex_iterator(); ++i) {
      const std::string target = (*i)[1];
      if (target.find("://") != std::string::npos) continue;
      INFO(nameOf(document) << " links to " << target);
      CHECK(fs::exists(document.parent_path() / target));
    }
  }
}
