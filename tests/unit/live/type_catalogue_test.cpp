#include "live/type_catalogue.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "plugin/sha256.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::live;
namespace fs = std::filesystem;

namespace {

TypeCatalogue load(const std::vector<fs::path>& folders, std::vector<Error>& refused) {
  return TypeCatalogue::load(folders, refused);
}

void copyPlugin(const fs::path& to) {
  fs::create_directories(to.parent_path());
  fs::copy(fs::path(TEST_PLUGINS) / "test_noisy" / "1.0.0", to, fs::copy_options::recursive);
  for (const fs::path& path : {to, to.parent_path(), to.parent_path().parent_path(), to / "plugin.json"})
    fs::permissions(path, fs::perms::group_write | fs::perms::others_write, fs::perm_options::remove);
}

std::string bytesOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// test_noisy as another version of the same length: in its path, its manifest and what its library says.
void copyPluginAs(const fs::path& folder, const std::string& version) {
  const fs::path to = folder / "test_noisy" / version;
  copyPlugin(to);
  std::string library = bytesOf(to / "test_noisy.so");
  const std::string before("\0001.0.0\0", 7), after = std::string(1, '\0') + version + std::string(1, '\0');
  REQUIRE(library.find(before) != std::string::npos);
  for (auto at = library.find(before); at != std::string::npos; at = library.find(before, at + 1))
    library.replace(at, before.size(), after);
  std::ofstream(to / "test_noisy.so", std::ios::binary) << library;
  std::string manifest = bytesOf(to / "plugin.json");
  const auto replaceAll = [&](const std::string& from, const std::string& by) {
    REQUIRE(manifest.find(from) != std::string::npos);
    for (auto at = manifest.find(from); at != std::string::npos; at = manifest.find(from, at + by.size()))
      manifest.replace(at, from.size(), by);
  };
  const auto installed = plugin::scan(TEST_PLUGINS).value();
  replaceAll("1.0.0", version);
  replaceAll(plugin::findType(installed.plugins, "test_noisy")->manifest->library->sha256, plugin::sha256Hex(library));
  std::ofstream(to / "plugin.json", std::ios::binary) << manifest;
}

}  // namespace

TEST_CASE("Versions of one type stand side by side, and the newest of all folders is the newest") {
  std::vector<Error> refused;
  robohub::test::TempFolder first, second;
  copyPluginAs(first.path(), "1.2.0");
  copyPluginAs(first.path(), "0.9.0");
  copyPluginAs(second.path(), "1.9.0");
  const auto catalogue = load({first.path(), TEST_PLUGINS, second.path()}, refused);
  for (const Error& error : refused) FAIL(error.message << " " << error.where);
  for (const char* version : {"0.9.0", "1.0.0", "1.2.0", "1.9.0"}) {
    INFO(version);
    REQUIRE(catalogue.find("test_noisy", version));
    CHECK(catalogue.find("test_noisy", version)->manifest->version == version);
  }
  CHECK(catalogue.newest("test_noisy")->manifest->version == "1.9.0");
  CHECK(catalogue.find("test_noisy", "1.2.0")->panel_folder.string().find(first.path().string()) == 0);
  const auto all = catalogue.all();
  CHECK(std::count_if(all.begin(), all.end(), [](const auto& each) { return each->type->type == "test_noisy"; }) == 4);
}

TEST_CASE("A catalogue holds every type of a folder in its versions") {
  std::vector<Error> refused;
  const auto catalogue = load({TEST_PLUGINS}, refused);
  CHECK(refused.empty());
  const auto noisy = catalogue.find("test_noisy", "1.0.0");
  REQUIRE(noisy);
  CHECK(noisy->manifest->version == "1.0.0");
  CHECK(noisy->type->type == "test_noisy");
  CHECK(noisy->type->hazards.empty());
  CHECK(noisy->json.find("\"flood\"") != std::string::npos);
  CHECK(catalogue.newest("test_noisy") == noisy);
  CHECK(catalogue.newest("test_good")->type->hazards == std::vector<std::string>{"light"});
  CHECK(catalogue.find("test_noisy", "1.0.1") == nullptr);
  CHECK(catalogue.find("test_noisy", "") == nullptr);
  CHECK(catalogue.find("nothing", "1.0.0") == nullptr);
  CHECK(catalogue.newest("nothing") == nullptr);
  const auto types = catalogue.types();
  CHECK(std::is_sorted(types.begin(), types.end()));
  CHECK(catalogue.all().size() == types.size());
}

TEST_CASE("A folder that is missing is told, and the others are used all the same") {
  std::vector<Error> refused;
  const auto catalogue = load({"/nonexistent/plugins", TEST_PLUGINS}, refused);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == ErrorCode::not_found);
  CHECK(catalogue.newest("test_good"));
}

TEST_CASE("A type that is installed twice in one version is told, and the first one counts") {
  std::vector<Error> refused;
  robohub::test::TempFolder temp;
  copyPlugin(temp.path() / "test_noisy" / "1.0.0");
  const auto catalogue = load({temp.path(), TEST_PLUGINS}, refused);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].code == ErrorCode::conflict);
  CHECK(refused[0].where.find(TEST_PLUGINS) != std::string::npos);
  CHECK(catalogue.newest("test_noisy")->panel_folder.string().find(temp.path().string()) == 0);
}

TEST_CASE("A plugin whose manifest or library was changed is refused with its path") {
  robohub::test::TempFolder temp;
  const fs::path folder = temp.path() / "test_noisy" / "1.0.0";
  copyPlugin(folder);
  std::string error;

  SECTION("the manifest is no JSON") {
    std::ofstream(folder / "plugin.json") << "{";
  }
  SECTION("the library is another one") {
    std::ofstream(folder / "test_noisy.so", std::ios::app) << "x";
  }
  SECTION("the library is missing") {
    fs::remove(folder / "test_noisy.so");
  }
  SECTION("others may write the library") {
    fs::permissions(folder / "test_noisy.so", fs::perms::others_write, fs::perm_options::add);
  }
  std::vector<Error> refused;
  const auto catalogue = load({temp.path()}, refused);
  CHECK(catalogue.types().empty());
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].where.find(folder.string()) != std::string::npos);
  CHECK_FALSE(refused[0].message.empty());
}
