#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "tree.hpp"

using namespace structure;

namespace {

const std::vector<std::string> kSources{".hpp", ".h", ".cpp", ".c"};

std::string firstPart(const std::string& path) {
  const auto slash = path.find('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool contains(const std::vector<std::string>& list, const std::string& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

// The folders that ARCHITECTURE.md's table names in "uses a, b and c only" of this folder; empty when it says no such
// thing.
std::vector<std::string> onlyUses(const std::string& folder) {
  static const std::regex pattern(R"(uses ([a-z, ]+) only)");
  std::vector<std::string> used;
  for (const auto& line : linesOf(root() / "ARCHITECTURE.md")) {
    std::smatch match;
    if (!line.starts_with("| `" + folder + "` |") || !std::regex_search(line, match, pattern)) continue;
    const std::string list = match[1];
    const std::regex word("[a-z]+");
    for (auto i = std::sregex_iterator(list.begin(), list.end(), word); i != std::sregex_iterator(); ++i)
      if (i->str() != "and") used.push_back(i->str());
  }
  return used;
}

// Headers of the C and C++ standard libraries and of Linux: no folder, or one that the kernel and libc own.
bool isSystemHeader(const std::string& path) {
  static const std::set<std::string> folders{"sys", "linux", "asm", "net", "netinet", "arpa"};
  return path.find('/') == std::string::npos || folders.contains(firstPart(path));
}

}  // namespace

TEST_CASE("ARCHITECTURE.md lists exactly the folders of core") {
  const auto listed = coreFolders();
  REQUIRE(listed.size() > 10);
  for (const auto& file : filesBelow("core", kSources)) {
    INFO(nameOf(file));
    const std::string folder = firstPart(fs::relative(file, root() / "core").string());
    CHECK(contains(listed, folder));
  }
  for (const auto& folder : listed) {
    INFO(folder << " has no sources");
    CHECK_FALSE(filesBelow("core/" + folder, kSources).empty());
  }
}

TEST_CASE("a folder of core includes only folders that stand earlier in the list") {
  const auto order = coreFolders();
  const auto rank = [&](const std::string& folder) {
    return std::find(order.begin(), order.end(), folder) - order.begin();
  };
  for (const auto& folder : order) {
    const auto only = onlyUses(folder);
    for (const auto& file : filesBelow("core/" + folder, kSources)) {
      for (const auto& include : includesOf(file)) {
        const std::string other = firstPart(include.path);
        INFO(nameOf(file) << ":" << include.line << " includes " << include.path);
        CHECK_FALSE(include.path.starts_with("."));
        if (!contains(order, other)) {
          if (include.quoted) CHECK((other == "rh" || other == "hw"));
          continue;
        }
        if (!include.quoted) continue;  // <net/if.h> is the kernel's
        CHECK(rank(other) <= rank(folder));
        if (!only.empty() && other != folder) CHECK(contains(only, other));
      }
    }
  }
}

TEST_CASE("the agent's own folders are read from ARCHITECTURE.md") {
  CHECK(contains(onlyUses("agent"), "plugin"));
}

TEST_CASE("the SDK includes only itself, the standard libraries and Linux") {
  for (const std::string part : {"sdk/include", "sdk/hw"}) {
    for (const auto& file : filesBelow(part, kSources)) {
      for (const auto& include : includesOf(file)) {
        INFO(nameOf(file) << ":" << include.line << " includes " << include.path);
        const std::string folder = firstPart(include.path);
        const bool own = folder == "rh" || (folder == "hw" && part == "sdk/hw");
        CHECK((own || (!include.quoted && isSystemHeader(include.path))));
        if (part == "sdk/include") CHECK(folder != "linux");
      }
    }
  }
}

TEST_CASE("a plugin includes only itself and the SDK, never core and no other plugin") {
  const auto core = coreFolders();
  for (const auto& file : filesBelow("plugins", kSources)) {
    const std::string plugin = firstPart(fs::relative(file, root() / "plugins").string());
    for (const auto& include : includesOf(file)) {
      INFO(nameOf(file) << ":" << include.line << " includes " << include.path);
      const std::string folder = firstPart(include.path);
      CHECK_FALSE(include.path.starts_with("."));
      if (include.quoted) CHECK((folder == plugin || folder == "rh" || folder == "hw"));
      if (!include.quoted && folder != "net") CHECK_FALSE(contains(core, folder));
    }
  }
}

TEST_CASE("unit tests mirror the folders that they test") {
  auto known = coreFolders();
  known.insert(known.end(), {"sdk", "plugins"});
  for (const auto& entry : fs::directory_iterator(root() / "tests/unit")) {
    if (!entry.is_directory()) continue;
    INFO(nameOf(entry.path()));
    const std::string name = entry.path().filename().string();
    CHECK((contains(known, name) || fs::exists(root() / "plugins" / name)));
  }
}
