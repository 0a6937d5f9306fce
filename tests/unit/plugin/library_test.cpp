#include "plugin/library.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "plugin/host_tables.hpp"
#include "plugin/sha256.hpp"

using namespace robohub;
using namespace robohub::plugin;
namespace fs = std::filesystem;

namespace {

// A folder for plugins that may be damaged, removed at the end.
class Folder {
 public:
  Folder() {
    static int count = 0;
    path = fs::temp_directory_path() / ("robohub-plugins-" + std::to_string(getpid()) + "-" + std::to_string(++count));
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  // A copy of the good plugin, and where it lies.
  fs::path install(const std::string& name = "test_good") const {
    const fs::path to = path / name / "1.0.0";
    fs::create_directories(to);
    fs::copy(fs::path(TEST_PLUGINS) / name / "1.0.0", to, fs::copy_options::recursive);
    return to;
  }
  fs::path path;
};

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

Error errorOf(const fs::path& folder) {
  auto installed = readInstalled(folder);
  if (!installed) return installed.error();
  auto loaded = load(*installed);
  REQUIRE_FALSE(loaded);
  return loaded.error();
}

}  // namespace

TEST_CASE("a scan finds each plugin and names what it refuses") {
  Folder folder;
  folder.install();
  const fs::path broken = folder.install("test_noisy");
  write(broken / "plugin.json", "{}");
  fs::create_directories(folder.path / "empty" / "1.0.0");
  write(folder.path / "a file", "");
  auto found = scan(folder.path);
  REQUIRE(found);
  REQUIRE(found->plugins.size() == 1);
  CHECK(found->plugins[0].manifest->id == "test_good");
  REQUIRE(found->refused.size() == 1);
  CHECK(found->refused[0].where.find("test_noisy") != std::string::npos);
  CHECK(findType(found->plugins, "test_good"));
  CHECK(findType(found->plugins, "test_good", "1.0.0"));
  CHECK_FALSE(findType(found->plugins, "test_good", "2.0.0"));
  CHECK_FALSE(findType(found->plugins, "other"));
  CHECK(scan(folder.path / "missing").error().code == ErrorCode::not_found);
}

TEST_CASE("of several versions the highest comes first") {
  Folder folder;
  for (const char* version : {"1.9.0", "1.10.0", "1.10.0-rc1", "1.2.10"}) {
    const fs::path to = folder.path / "test_good" / version;
    fs::create_directories(to);
    std::string text = read(fs::path(TEST_PLUGINS) / "test_good" / "1.0.0" / "plugin.json");
    replace(text, "\"version\":\"1.0.0\"", std::string("\"version\":\"") + version + "\"");
    write(to / "plugin.json", text);
  }
  auto found = scan(folder.path);
  REQUIRE(found);
  std::vector<std::string> order;
  for (const auto& plugin : found->plugins) order.push_back(plugin.manifest->version);
  CHECK(order == std::vector<std::string>{"1.10.0", "1.10.0-rc1", "1.9.0", "1.2.10"});
  CHECK(findType(found->plugins, "test_good")->manifest->version == "1.10.0");
}

TEST_CASE("a plugin that is as its manifest says is loaded, and its hash is that of describe()") {
  Folder folder;
  auto installed = readInstalled(folder.install());
  REQUIRE(installed);
  auto table = load(*installed);
  REQUIRE(table);
  CHECK((*table)->abi == RH_ABI_VERSION);
  auto text = describe(**table);
  REQUIRE(text);
  CHECK(sha256Hex(*text) == installed->manifest->hash);  // the skin writes the canonical form itself
  CHECK((*table)->interface(toText("rh.driver/1")) != nullptr);
  CHECK((*table)->interface(toText("rh.frames/1")) != nullptr);
  CHECK((*table)->interface(toText("rh.driver/2")) == nullptr);
  CHECK((*table)->interface(toText("")) == nullptr);
}

TEST_CASE("a library that differs from its manifest is refused before it runs") {
  Folder folder;
  const fs::path plugin = folder.install();
  SECTION("by one byte") {
    std::string bytes = read(plugin / "test_good.so");
    bytes[bytes.size() / 2] ^= 1;
    write(plugin / "test_good.so", bytes);
    const auto error = errorOf(plugin);
    CHECK(error.code == ErrorCode::corrupt);
    CHECK(error.message.find("SHA-256") != std::string::npos);
  }
  SECTION("in what it describes") {
    std::string text = read(plugin / "plugin.json");
    replace(text, "\"deadman_ms\":300", "\"deadman_ms\":3000");
    write(plugin / "plugin.json", text);
    CHECK(errorOf(plugin).message.find("describes itself otherwise") != std::string::npos);
  }
  SECTION("because it is missing") {
    fs::remove(plugin / "test_good.so");
    CHECK(errorOf(plugin).code == ErrorCode::not_found);
  }
  SECTION("because it is a link") {
    fs::rename(plugin / "test_good.so", folder.path / "elsewhere.so");
    fs::create_symlink(folder.path / "elsewhere.so", plugin / "test_good.so");
    CHECK(errorOf(plugin).code == ErrorCode::permission_denied);
  }
  SECTION("because it is made for another platform only") {
    std::string text = read(plugin / "plugin.json");
    replace(text, platform(), "linux-other");
    write(plugin / "plugin.json", text);
    CHECK(errorOf(plugin).code == ErrorCode::unsupported);
  }
  SECTION("because its name leads elsewhere") {
    std::string text = read(plugin / "plugin.json");
    replace(text, "\"file\":\"test_good.so\"", "\"file\":\"../test_good.so\"");
    write(plugin / "plugin.json", text);
    CHECK(errorOf(plugin).code == ErrorCode::invalid_argument);
  }
}

TEST_CASE("what others could write is refused") {
  Folder folder;
  const fs::path plugin = folder.install();
  SECTION("the library, by its group") {
    chmod((plugin / "test_good.so").c_str(), 0664);
  }
  SECTION("the library, by all") {
    chmod((plugin / "test_good.so").c_str(), 0646);
  }
  SECTION("its folder") {
    chmod(plugin.c_str(), 0777);
  }
  SECTION("the folder of its versions") {
    chmod(plugin.parent_path().c_str(), 0775);
  }
  SECTION("the plugins' folder") {
    chmod(folder.path.c_str(), 0777);
  }
  SECTION("its manifest") {
    chmod((plugin / "plugin.json").c_str(), 0666);
  }
  const auto error = errorOf(plugin);
  CHECK(error.code == ErrorCode::permission_denied);
  CHECK(error.where.find("robohub-plugins-") != std::string::npos);
}

TEST_CASE("a panel that others could write is refused, since it runs in the page of whoever opens the device") {
  Folder folder;
  const fs::path panel = folder.install() / "panel", file = panel / "parts" / "panel.js";
  CHECK(checkPanel(panel));  // there is none
  fs::create_directories(panel / "parts");
  write(file, "export {};");
  for (const fs::path& each : {panel, panel / "parts"}) chmod(each.c_str(), 0755);
  chmod(file.c_str(), 0644);
  CHECK(checkPanel(panel));
  SECTION("a file, by its group") {
    chmod(file.c_str(), 0664);
    CHECK(checkPanel(panel).error().where == file.string());
  }
  SECTION("a folder in it, by all") {
    chmod(file.parent_path().c_str(), 0757);
    CHECK(checkPanel(panel).error().where == file.parent_path().string());
  }
  SECTION("its folder") {
    chmod(panel.c_str(), 0775);
    CHECK(checkPanel(panel).error().where == panel.string());
  }
  SECTION("its folder is a link") {
    fs::rename(panel, folder.path / "elsewhere");
    fs::create_directory_symlink(folder.path / "elsewhere", panel);
    CHECK(checkPanel(panel).error().code == ErrorCode::permission_denied);
  }
  SECTION("but not what is never served") {
    write(panel / ".swp", "");
    chmod((panel / ".swp").c_str(), 0666);
    fs::create_symlink("/nowhere", panel / "link.js");
    CHECK(checkPanel(panel));
  }
}

TEST_CASE("what belongs to somebody else is refused") {
  if (geteuid() != 0) {
    WARN("left out: only root can give a file away");
    return;
  }
  Folder folder;
  const fs::path plugin = folder.install();
  REQUIRE(chown((plugin / "test_good.so").c_str(), 12345, 12345) == 0);
  CHECK(errorOf(plugin).code == ErrorCode::permission_denied);
}

TEST_CASE("a library without the entry, or that is none, is refused without being loaded") {
  Folder folder;
  const fs::path raw = folder.path / "test_plugin_no_symbol.so";
  fs::copy(fs::path(TEST_PLUGINS_RAW) / "test_plugin_no_symbol.so", raw);
  CHECK(loadUnlisted(raw).error().code == ErrorCode::unsupported);
  write(folder.path / "text.so", "no library");
  CHECK(loadUnlisted(folder.path / "text.so").error().code == ErrorCode::corrupt);
  CHECK(loadUnlisted(folder.path / "absent.so").error().code == ErrorCode::not_found);
}

TEST_CASE("a describe() without end is cut off") {
  auto table = loadUnlisted(fs::path(TEST_PLUGINS_RAW) / "test_plugin_hostile_describe.so");
  REQUIRE(table);
  CHECK(describe(**table).error().code == ErrorCode::too_large);
}
