// Ten thousand small mistakes in the shipped settings: each is told with its place, or means what it says.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <random>
#include <set>

#include "hub/settings_keys.hpp"
#include "support/slowness.hpp"

using namespace robohub;
using namespace robohub::hub;

namespace {

std::vector<std::string> shippedLines() {
  std::ifstream file(std::string(TEST_SOURCES) + "/config/robohub.yaml");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    if (const auto at = line.find_first_not_of(' '); at != std::string::npos && line[at] != '#') lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

// No value is taken that the text does not hold, and every fault has a place.
bool taken(const std::string& text) {
  const ReadSettings read = readSettingsText(text, "/etc/robohub.yaml", {});
  for (const Error& error : read.errors)
    if (!error.where.starts_with("robohub.yaml:")) FAIL_CHECK("no place: " << error.message << "\n" << text);
  if (!read.errors.empty()) return false;
  for (const config::KeyInfo& key : read.keys) {
    // The length of each role's turns is that of all, unless it is said.
    if (key.value == key.fallback || key.path.find("length_by_role") != std::string::npos) continue;
    if (key.where.empty()) FAIL_CHECK(key.path << " is " << key.value << ", and nobody said so:\n" << text);
  }
  return true;
}

}  // namespace

TEST_CASE("Ten thousand mistakes in the shipped settings are told, or mean what they say") {
  const std::string good = joined(shippedLines());
  REQUIRE(taken(good));
  std::mt19937 random(3);
  const std::string letters = "abz019:-,#&*!|>'\"%@`{}[]? \t\n\r\x01\x80\xc3.~<=";
  int accepted = 0;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) {
    std::string text = good;
    for (unsigned edits = 1 + random() % 2; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char c = letters[random() % letters.size()];
      switch (random() % 4) {
        case 0: text[at] = c; break;
        case 1: text.insert(at, 1, c); break;
        case 2: text.erase(at, 1 + random() % 3); break;
        case 3: text.insert(at, text.substr(random() % text.size(), 1 + random() % 12)); break;
      }
    }
    accepted += taken(text);
  }
  CHECK(accepted > 100);
  CHECK(accepted < 9'000);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(60 * test::kSlowness));
}

TEST_CASE("The shipped settings with any one line gone, doubled or cut short are good or say where they are not") {
  const std::vector<std::string> lines = shippedLines();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> gone = lines, doubled = lines, cut = lines;
    gone.erase(gone.begin() + static_cast<std::ptrdiff_t>(i));
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    cut[i].resize(cut[i].size() / 2);
    taken(joined(gone));
    // A list's entry may stand there twice; a key may not.
    if (lines[i].find(':') != std::string::npos) CHECK_FALSE(taken(joined(doubled)));
    taken(joined(cut));
  }
}

TEST_CASE("A reload keeps everything that needs a restart as it is, and takes the rest") {
  const auto read = [](const std::string& text) {
    ReadSettings read_settings = readSettingsText(text, "/etc/robohub.yaml", {});
    INFO(config::format(read_settings.errors));
    REQUIRE(read_settings.errors.empty());
    return read_settings;
  };
  const ReadSettings running = read("server: {listen: \"127.0.0.1:1\"}\n");
  const ReadSettings next = read(R"(
server: {listen: "127.0.0.1:2", insecure: true, data: d, web: w, loops: 2, origins: ["https://a.example"], tls: {mode: off}}
plugins: {path: [p]}
guests: {watch: true}
turns: {length: 2m}
limits: {connections: 77}
oidc: {issuer: "https://i.example", client_id: c, redirect_url: "https://h.example/api/v1/oidc/callback"}
log: {level: debug}
)");
  const auto before = keysOf(running.settings), after = keysOf(reloaded(running.settings, next.settings)),
             wanted = keysOf(next.settings);
  for (std::size_t i = 0; i < before.size(); ++i) {
    INFO(before[i].path);
    CHECK(after[i].value == (before[i].restart ? before[i].value : wanted[i].value));
  }
  const KeysAfterReload told = reloadedKeys(running, next);
  std::set<std::string> restart, changed;
  for (const auto& change : told.changes) (change.restart ? restart : changed).insert(change.path);
  CHECK(changed ==
        std::set<std::string>{"server.origins", "guests.watch", "turns.length", "limits.connections", "log.level"});
  CHECK(restart.contains("server.listen"));
  CHECK(restart.contains("server.tls.mode"));
  CHECK(restart.contains("oidc.issuer"));
}

TEST_CASE("Devices that are put into the settings or taken out wait for a restart through every further reload") {
  const auto read = [](const std::string& text) {
    ReadSettings read_settings = readSettingsText(text, "/etc/robohub.yaml", {});
    INFO(config::format(read_settings.errors));
    REQUIRE(read_settings.errors.empty());
    return read_settings;
  };
  const std::string broker = "mqtt: {broker: \"mqtt://127.0.0.1:1884\"}\n";
  const std::string heater = R"(
devices:
  heater:
    type: heater
    name: Heater
    turns: {length: 2m}
    mqtt: {telemetry: {t: {topic: t, minimum: 0, maximum: 1}}}
)";
  const ReadSettings without = read(broker), with = read(broker + heater);
  const auto waiting = [](const KeysAfterReload& after) {
    std::set<std::string> paths;
    for (const auto& change : after.changes)
      if (change.restart) paths.insert(change.path);
    return paths;
  };
  const auto counts = [](const KeysAfterReload& after, const std::string& path) {
    return std::any_of(after.keys.begin(), after.keys.end(), [&](const auto& key) { return key.path == path; });
  };
  for (const auto& [running, next] : {std::pair{&without, &with}, std::pair{&with, &without}}) {
    const bool was_there = running == &with;
    const KeysAfterReload first = reloadedKeys(*running, *next);
    CHECK(waiting(first).contains("devices.heater.type"));
    CHECK(waiting(first).contains("devices.heater.mqtt.telemetry.t.topic"));
    CHECK(counts(first, "devices.heater.type") == was_there);
    CHECK(counts(first, "devices.heater.name") == was_there);
    CHECK(counts(first, "devices.heater.turns.length") != was_there);
    const ReadSettings reloaded_once{running->settings, first.keys, {}};
    const KeysAfterReload second = reloadedKeys(reloaded_once, *next);
    CHECK(waiting(second) == waiting(first));
    CHECK(counts(second, "devices.heater.type") == was_there);
    // As it was: nothing is left to wait for.
    CHECK(waiting(reloadedKeys(reloaded_once, *running)).empty());
  }
}

TEST_CASE("A certificate that would begin TLS waits for a restart") {
  const auto read = [](const std::string& text) { return readSettingsText(text, "/etc/robohub.yaml", {}); };
  const ReadSettings plain = read(""), tls = read("server: {tls: {certificate: a, key: b}}");
  const auto begins = reloadedKeys(plain, tls).changes;
  REQUIRE(begins.size() == 2);
  CHECK(begins[0].restart);
  CHECK_FALSE(reloaded(plain.settings, tls.settings).tlsOn());
  CHECK(reloaded(tls.settings, plain.settings).tlsOn());
  CHECK(reloaded(tls.settings, plain.settings).tls.certificate == tls.settings.tls.certificate);
  const auto renewed = reloadedKeys(tls, read("server: {tls: {certificate: c, key: b}}")).changes;
  REQUIRE(renewed.size() == 1);
  CHECK_FALSE(renewed[0].restart);
}

TEST_CASE("What the command line says is told as such, and a reload does not change it") {
  ServeOptions typed;
  typed.data = "/srv/data";
  typed.port = 9;
  const ReadSettings read = readSettingsText("server: {listen: \"127.0.0.1:1\", data: d}", "/etc/robohub.yaml", typed);
  CHECK(read.settings.listen == config::Address{"127.0.0.1", 9});
  for (const auto& key : read.keys)
    if (key.path == "server.listen" || key.path == "server.data") CHECK(key.where == kFromCommandLine);
  CHECK(reloadedKeys(read, readSettingsText("server: {listen: \"127.0.0.1:2\"}", "/etc/robohub.yaml", typed))
            .changes.empty());
}

TEST_CASE("What a file leaves out is listed as it counts") {
  const ReadSettings read = readSettingsText("turns: {length: 2m}\ndevices: {d1: {}}\n", "/etc/robohub.yaml", {});
  REQUIRE(read.errors.empty());
  for (const auto& key : read.keys)
    if (key.path == "turns.length_by_role.guest") {
      CHECK(key.value == "2m");
      CHECK(key.fallback == "1m");
      CHECK(key.where.empty());
    }
}
