// What `--check` says of a plugin: what a start would find wrong with it, before any of its code runs.
#include "agent/plan.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "unit/store/temp_folder.hpp"

using namespace robohub;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;

namespace {

// A copy of the good test plugin, which may be damaged, and an agent.yaml that names it.
struct Installed {
  robohub::test::TempFolder temp;
  fs::path plugins = temp.path() / "plugins", folder = plugins / "test_good" / "1.0.0";

  Installed() {
    fs::create_directories(folder);
    fs::copy(fs::path(TEST_PLUGINS) / "test_good" / "1.0.0", folder, fs::copy_options::recursive);
    for (const fs::path& each : {plugins, folder.parent_path(), folder}) setMode(each, 0755);
    std::ofstream(temp.path() / "agent.yaml")
        << "hub: {url: \"http://127.0.0.1:8080\"}\ndevice: d1\nplugin: {type: test_good, path: plugins}\n";
  }
  static void setMode(const fs::path& path, unsigned mode) { fs::permissions(path, static_cast<fs::perms>(mode)); }
  std::string faults() const {
    agent::Plan plan;
    return config::format(agent::makePlan(temp.path() / "agent.yaml", TEST_BIN, &plan));
  }
};

}  // namespace

TEST_CASE("a plugin that is as its manifest says has no faults") {
  CHECK(Installed().faults().empty());
}

TEST_CASE("a newer version that cannot be read is said to be left out, beside the older one that runs") {
  const Installed installed;
  const fs::path newer = installed.folder.parent_path() / "1.1.0";
  fs::create_directories(newer);
  std::ofstream(newer / "plugin.json") << "{}";
  agent::Plan plan;
  CHECK(agent::makePlan(installed.temp.path() / "agent.yaml", TEST_BIN, &plan).empty());
  REQUIRE(plan.left_out.size() == 1);
  CHECK_THAT(plan.left_out[0].where, Contains((newer / "plugin.json").string()));
  CHECK_THAT(plan.describe(), Contains("test_good 1.0.0") && Contains("left out: ") && Contains(newer.string()));
}

TEST_CASE("a plugin that no host would load is a fault of the plan, with its place") {
  const Installed installed;
  SECTION("since others could write it") {
    Installed::setMode(installed.folder, 0775);
    CHECK_THAT(installed.faults(), Contains("chmod go-w") && Contains(installed.folder.string()));
  }
  SECTION("since its library was not copied whole") {
    const fs::path library = installed.folder / "test_good.so";
    fs::resize_file(library, fs::file_size(library) - 1);
    CHECK_THAT(installed.faults(), Contains("SHA-256") && Contains(library.string()));
  }
  SECTION("since its library is missing") {
    fs::remove(installed.folder / "test_good.so");
    CHECK_THAT(installed.faults(), Contains("missing"));
  }
}
