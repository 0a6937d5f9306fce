#include "config/section.hpp"

#include <catch2/catch.hpp>

#include "config/file.hpp"

using namespace robohub;
using namespace robohub::config;
using namespace std::chrono_literals;

namespace {

struct Everything {
  std::uint16_t port = 8080;
  double ratio = 0.5;
  bool watch = false;
  std::string title = "untitled";
  std::string id = "none";
  Duration length = 60s;
  Address listen{"127.0.0.1", 8080};
  std::string hub = "http://127.0.0.1:8080";
  std::filesystem::path data = "data";
  std::string level = "info";
  enum class After { go_on, end } after = After::go_on;
  std::vector<std::string> origins;
  std::vector<std::filesystem::path> plugins;
  std::vector<Address> peers;
  std::string driver = "{}";
  std::map<std::string, int> devices;
  std::vector<int> zones;
};

Errors readEverything(std::string_view text, Everything* all) {
  return readText(text, "x.yaml", "/etc/robohub", [&](Section& s) {
    s.integer("port", &all->port, {1, 65535});
    s.number("ratio", &all->ratio, {0, 1});
    s.boolean("watch", &all->watch);
    s.text("title", &all->title, {1, 20});
    s.name("id", &all->id);
    s.duration("length", &all->length, {1s, 1h});
    s.address("listen", &all->listen);
    s.url("hub", &all->hub, {"http", "https"});
    s.path("data", &all->data);
    s.choice("level", &all->level, {"debug", "info", "warning"});
    s.choice("after", &all->after, {{"continue", Everything::After::go_on}, {"end", Everything::After::end}});
    s.list("origins", &all->origins, 3);
    s.list("plugins", &all->plugins);
    s.list("peers", &all->peers);
    s.json("driver", &all->driver);
    s.map("devices", [&](const std::string& name, Section& d) { d.integer("slot", &all->devices[name], {0, 9}); });
    s.list("zones", [&](Section& z) { z.integer("size", &all->zones.emplace_back(), {0, 9}); });
  });
}

// The one error that this text gives.
Error onlyError(std::string_view text) {
  Everything all;
  const Errors errors = readEverything(text, &all);
  INFO(format(errors));
  REQUIRE(errors.size() == 1);
  return errors[0];
}

}  // namespace

TEST_CASE("every kind of value is read, and what is absent keeps its default") {
  Everything all;
  const Errors errors = readEverything(R"(
port: 0x1F90
ratio: .25
watch: true
title: "a: b"
id: lab-turret
length: 1.5s
listen: "[::1]:0"
hub: https://hub.example:8443/base
data: ../var
level: warning
after: end
origins: [http://a.example, http://b.example]
plugins:
  - plugins
  - /opt/plugins
peers: [10.0.0.1:7070, host.example:1]
devices:
  one: {slot: 1}
  two: {slot: 2}
  three:
zones:
  - size: 4
  - size: 5
)",
                                       &all);
  INFO(format(errors));
  REQUIRE(errors.empty());
  CHECK(all.port == 8080);
  CHECK(all.ratio == 0.25);
  CHECK(all.watch);
  CHECK(all.title == "a: b");
  CHECK(all.id == "lab-turret");
  CHECK(all.length == 1500ms);
  CHECK(all.listen == Address{"::1", 0});
  CHECK(all.listen.str() == "[::1]:0");
  CHECK(all.hub == "https://hub.example:8443/base");
  CHECK(all.data == "/etc/var");
  CHECK(all.level == "warning");
  CHECK(all.after == Everything::After::end);
  CHECK(all.origins == std::vector<std::string>{"http://a.example", "http://b.example"});
  CHECK(all.plugins == std::vector<std::filesystem::path>{"/etc/robohub/plugins", "/opt/plugins"});
  CHECK(all.peers == std::vector<Address>{{"10.0.0.1", 7070}, {"host.example", 1}});
  CHECK(all.devices == std::map<std::string, int>{{"one", 1}, {"two", 2}, {"three", 0}});
  CHECK(all.zones == std::vector<int>{4, 5});
  CHECK(all.driver == "{}");
}

TEST_CASE("a wrong value is refused with its place, what was found and what is allowed") {
  struct Case {
    const char* text;
    const char* where;
    const char* says;
  };
  const auto c = GENERATE(values<Case>({
      {"port: 80x", "x.yaml:1:7", "`port` is \"80x\", but must be a whole number from 1 to 65535"},
      {"port: 70000", "x.yaml:1:7", "\"70000\""},
      {"port: 0", "x.yaml:1:7", "from 1 to 65535"},
      {"port: -1", "x.yaml:1:7", "from 1 to 65535"},
      {"port: 99999999999999999999", "x.yaml:1:7", "from 1 to 65535"},
      {"port: 080", "x.yaml:1:7", "whole number"},
      {"port: \"8080\"", "x.yaml:1:7", "Take away the quotes"},
      {"port: [1]", "x.yaml:1:7", "is a list"},
      {"port: {a: 1}", "x.yaml:1:7", "is a mapping"},
      {"port:", "x.yaml:1:1", "is empty"},
      {"port: null", "x.yaml:1:1", "is empty"},
      {"ratio: 1.01", "x.yaml:1:8", "a number from 0 to 1"},
      {"ratio: .nan", "x.yaml:1:8", "a number from 0 to 1"},
      {"watch: yes", "x.yaml:1:8", "Only these two words"},
      {"watch: Off", "x.yaml:1:8", "Only these two words"},
      {"watch: True", "x.yaml:1:8", "Only these two words"},
      {"watch: 1", "x.yaml:1:8", "true or false"},
      {"title: abcdefghijklmnopqrstuvwxyz", "x.yaml:1:8", "1 to 20 bytes"},
      {"title: ''", "x.yaml:1:8", "1 to 20 bytes"},
      {"title: \"a\\nb\"", "x.yaml:1:8", "without line ends"},
      {"id: Lab Turret", "x.yaml:1:5", "a-z, 0-9"},
      {"length: 60", "x.yaml:1:9", "Write the unit as well, for example 60s"},
      {"length: 60sec", "x.yaml:1:9", "The units are"},
      {"length: 2h", "x.yaml:1:9", "a duration from 1s to 1h"},
      {"length: -5s", "x.yaml:1:9", "a duration from 1s to 1h"},
      {"length: 1e300s", "x.yaml:1:9", "a duration from 1s to 1h"},
      {"listen: 8080", "x.yaml:1:9", "127.0.0.1:8080"},
      {"listen: '*:8080'", "x.yaml:1:9", "0.0.0.0"},
      {"listen: 127.0.0.1", "x.yaml:1:9", "Write the port"},
      {"listen: 127.0.0.1:80800", "x.yaml:1:9", "0 to 65535"},
      {"listen: [1]", "x.yaml:1:9", "in quotes"},
      {"hub: ftp://a", "x.yaml:1:6", "http:// or https://"},
      {"hub: http://user@a", "x.yaml:1:6", "no user name"},
      {"hub: 'http://'", "x.yaml:1:6", "http://"},
      {"level: infos", "x.yaml:1:8", "one of debug info warning. Did you mean `info`?"},
      {"after: stop", "x.yaml:1:8", "one of continue end"},
      {"origins: http://a", "x.yaml:1:10", "a list of at most 3 texts"},
      {"origins: [a, b, c, d]", "x.yaml:1:10", "It has 4"},
      {"origins: [a, [b]]", "x.yaml:1:14", "`origins[1]` is a list"},
      {"peers: [127.0.0.1:1, 22]", "x.yaml:1:22", "`peers[1]`"},
      {"devices: {Big: {slot: 1}}", "x.yaml:1:11", "\"Big\" in `devices`"},
      {"devices: {a: 5}", "x.yaml:1:14", "`devices.a` is \"5\", but must be a mapping"},
      {"devices: {a: {slot: 50}}", "x.yaml:1:21", "`devices.a.slot`"},
      {"devices: {a: {slto: 5}}", "x.yaml:1:15", "\"slto\" is no setting of `devices.a`. Did you mean `slot`?"},
      {"zones: [3]", "x.yaml:1:9", "`zones[0]`"},
      {"prot: 80", "x.yaml:1:1", "Did you mean `port`?"},
      {"quite_else: 80", "x.yaml:1:1", "It has: after data"},
      {"[a]", "x.yaml:1:1", "lines of `key: value`"},
      {"hello", "x.yaml:1:1", "lines of `key: value`"},
  }));
  const Error error = onlyError(c.text);
  INFO(c.text << "\n" << error.where << ": " << error.message);
  CHECK(error.where == c.where);
  CHECK(error.message.find(c.says) != std::string::npos);
}

TEST_CASE("a refused value leaves the setting as it was") {
  Everything all;
  readEverything("port: x\nlength: 5\norigins: [a, [b]]\nlisten: 5\nwatch: on", &all);
  CHECK(all.port == 8080);
  CHECK(all.length == 60s);
  CHECK(all.origins.empty());
  CHECK(all.listen == Address{"127.0.0.1", 8080});
  CHECK_FALSE(all.watch);
}

TEST_CASE("all errors of a file are told at once, in the order of their places") {
  Everything all;
  const Errors errors =
      readEverything("zzz: 1\nport: x\nwatch: on\ntitle: ok\nport: 1\ndevices:\n  a: {slot: z}\n", &all);
  std::vector<std::string> places;
  for (const auto& error : errors) places.push_back(error.where);
  CHECK(places == std::vector<std::string>{"x.yaml:1:1", "x.yaml:2:7", "x.yaml:3:8", "x.yaml:5:1", "x.yaml:7:13"});
  CHECK(format(errors).find("x.yaml:3:8: `watch` is \"on\"") != std::string::npos);
}

TEST_CASE("whole numbers stop exactly at the ends of their type") {
  std::uint8_t small = 7;
  std::int64_t big = 7;
  const auto read = [&](const std::string& text) {
    return readText(text, "x", "/",
                    [&](Section& s) {
                      s.integer("small", &small, {-5, 1000});
                      s.integer("big", &big, {});
                    })
        .empty();
  };
  CHECK(read("small: 255\nbig: 9223372036854775807"));
  CHECK(small == 255);
  CHECK(big == std::numeric_limits<std::int64_t>::max());
  CHECK_FALSE(read("small: 256"));
  CHECK_FALSE(read("small: -1"));
  CHECK(read("big: -9223372036854775808"));
  CHECK(big == std::numeric_limits<std::int64_t>::min());
  CHECK_FALSE(read("big: 9223372036854775808"));
  CHECK_FALSE(read("big: -9223372036854775809"));
}

TEST_CASE("a free part is handed on as JSON with numbers, booleans and text kept apart") {
  Everything all;
  const Errors errors = readEverything(R"(
driver:
  i2c: /dev/i2c-1
  address: 0x40
  fast: true
  none:
  offset: -1.50
  small: 1e-3
  name: "yes"
  version: 1.2.3
  time: 12:30
  text: '007'
  zones: [{x_px: 1, y_px: 2}, []]
)",
                                       &all);
  INFO(format(errors));
  REQUIRE(errors.empty());
  CHECK(all.driver ==
        R"({"i2c":"/dev/i2c-1","address":64,"fast":true,"none":null,"offset":-1.5,"small":0.001,"name":"yes",)"
        R"("version":"1.2.3","time":"12:30","text":"007","zones":[{"x_px":1,"y_px":2},[]]})");
}

TEST_CASE("values that YAML readers disagree about are refused in a free part") {
  for (const char* text : {"driver: {on: yes}", "driver: [No]", "driver: {a: 010}", "driver: {a: .nan}",
                           "driver: {a: -.inf}", "driver: {a: 99999999999999999999}"}) {
    INFO(text);
    CHECK(onlyError(text).message.find("quotes") != std::string::npos);
  }
}

TEST_CASE("an owner demands keys and reports what does not go together") {
  const Errors errors = readText("turns:\n  length: 10s\n  warning: 20s\n", "x.yaml", "/", [](Section& root) {
    root.require({"turns", "listen"});
    std::string listen;
    root.text("listen", &listen);
    root.section("turns", [](Section& turns) {
      Duration length{}, warning{};
      turns.duration("length", &length, {1s, 1h});
      turns.duration("warning", &warning, {0s, 1h});
      CHECK(turns.where("warning") == "x.yaml:3:12");
      CHECK(turns.at() == "turns");
      if (warning >= length) turns.refuse("warning", "`turns.warning` must be shorter than `turns.length`.");
    });
  });
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].message == "`listen` is missing.");
  CHECK(errors[1].where == "x.yaml:3:12");
}

TEST_CASE("the keys that a reader knows can be listed without a file") {
  Everything all;
  const auto keys = describe([&](Section& s) {
    s.integer("port", &all.port, {1, 65535});
    s.section("turns", [&](Section& t) { t.duration("length", &all.length, {1s, 1h}); });
    s.map("devices", [&](const std::string&, Section& d) { d.boolean("watch", &all.watch); });
    s.list("zones", [&](Section& z) { z.choice("level", &all.level, {"debug", "info"}); });
  });
  std::vector<std::string> lines;
  for (const auto& key : keys) lines.push_back(key.path + "|" + key.kind + "|" + key.allowed + "|" + key.fallback);
  CHECK(lines == std::vector<std::string>{
                     "port|integer|a whole number from 1 to 65535|8080", "turns|section|a mapping|",
                     "turns.length|duration|a duration from 1s to 1h|1m",
                     "devices|map|a mapping of at most 1024 names|", "devices.<name>.watch|boolean|true or false|false",
                     "zones|list|a list of at most 64 mappings|", "zones[].level|choice|one of debug info|info"});
}
