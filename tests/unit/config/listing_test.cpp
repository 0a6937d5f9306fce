#include "config/listing.hpp"

#include <sys/stat.h>
#include <catch2/catch.hpp>
#include <fstream>

#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::config;
using namespace std::chrono_literals;

namespace {

struct Kept {
  Address listen{"127.0.0.1", 8080};
  Duration length = 60s;
  std::int64_t size = 1024;
  std::vector<std::string> names{"a"};
  std::string secret, level = "info";
};

void fill(Section& file, Kept& kept) {
  file.section("server", [&](Section& section) {
    section.atStart().address("listen", &kept.listen);
    section.list("names", &kept.names);
  });
  file.section("turns", [&](Section& section) {
    section.duration("length", &kept.length, {1s, 24h});
    section.bytes("size", &kept.size, {0, 1 << 30});
  });
  file.map("devices", [&](const std::string&, Section& device) {
    Duration length = kept.length;
    device.duration("length", &length, {1s, 24h});
  });
  file.section("log", [&](Section& section) {
    section.choice("level", &kept.level, {"info", "debug"});
    section.secretFile("token_file", &kept.secret);
  });
}

std::vector<KeyInfo> list(const std::string& text, const std::filesystem::path& folder = "/") {
  Kept defaults;
  const auto described = describe([&](Section& section) { fill(section, defaults); });
  Kept kept;
  std::vector<KeyInfo> read;
  const Errors errors = readText(
      text, "f", folder, [&](Section& section) { fill(section, kept); }, &read);
  INFO(format(errors));
  REQUIRE(errors.empty());
  return listKeys(described, read);
}

const KeyInfo& key(const std::vector<KeyInfo>& keys, const std::string& path) {
  for (const KeyInfo& one : keys)
    if (one.path == path) return one;
  throw std::runtime_error("no key " + path);
}

std::string shown(const std::vector<KeyChange>& changes) {
  std::string all;
  for (const KeyChange& change : changes)
    all += change.path + ": " + change.from + " -> " + change.to + (change.restart ? " (restart)" : "") + "\n";
  return all;
}

}  // namespace

TEST_CASE("Every key is listed with what counts, its default and its place") {
  const auto keys = list("server: {names: [b, c]}\nturns:\n  length: 120s\ndevices: {d1: {length: 5s}}\n");
  CHECK(keys.size() == 7);
  CHECK(key(keys, "server.listen").value == "127.0.0.1:8080");
  CHECK(key(keys, "server.listen").where == "");
  CHECK(key(keys, "server.listen").restart);
  CHECK(key(keys, "server.names").value == "[b, c]");
  CHECK(key(keys, "server.names").fallback == "[a]");
  CHECK_FALSE(key(keys, "server.names").restart);
  CHECK(key(keys, "turns.length").value == "2m");
  CHECK(key(keys, "turns.length").fallback == "1m");
  CHECK(key(keys, "turns.length").where == "f:3:11");
  CHECK(key(keys, "turns.size").value == "1KiB");
  CHECK(key(keys, "devices.d1.length").value == "5s");
  CHECK(key(keys, "devices.d1.length").fallback == "2m");
  CHECK(key(keys, "log.level").kind == "choice");
}

TEST_CASE("The same value written in another way is no change") {
  CHECK(shown(changesBetween(list("turns: {length: 60s, size: 1024B}"), list("turns: {length: 1m}"))) == "");
  CHECK(shown(changesBetween(list(""), list("server: {listen: \"127.0.0.1:8080\", names: [a]}"))) == "");
}

TEST_CASE("Changes are told by path, with those that need a restart") {
  CHECK(shown(changesBetween(list("turns: {length: 2m}"),
                             list("server: {listen: \"127.0.0.1:1\"}\nlog: {level: debug}"))) ==
        "server.listen: 127.0.0.1:8080 -> 127.0.0.1:1 (restart)\nturns.length: 2m -> 1m\nlog.level: info -> debug\n");
  CHECK(shown(changesBetween(list("devices: {d1: {length: 5s}, d2: {length: 6s}}"),
                             list("devices: {d2: {length: 7s}, d3: {length: 8s}}"))) ==
        "devices.d2.length: 6s -> 7s\ndevices.d3.length:  -> 8s\ndevices.d1.length: 5s -> \n");
}

TEST_CASE("A secret that has changed is told, and never its text") {
  test::TempFolder folder;
  const auto put = [&](const std::string& text) {
    std::ofstream(folder.path() / "token") << text;
    ::chmod((folder.path() / "token").c_str(), 0600);
    return list("log: {token_file: token}", folder.path());
  };
  const auto one = put("open-sesame"), same = put("open-sesame"), other = put("open-sesamf");
  CHECK(key(one, "log.token_file").value == "(secret)");
  CHECK(shown(changesBetween(one, same)) == "");
  CHECK(shown(changesBetween(one, other)) == "log.token_file: (secret) -> (secret)\n");
  CHECK(shown(changesBetween(list(""), one)) == "log.token_file:  -> (secret)\n");
}
