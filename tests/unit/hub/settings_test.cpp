#include "hub/settings.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace robohub;
using namespace robohub::hub;
using namespace std::chrono_literals;

namespace {

config::Errors read(const std::string& text, Settings& settings) {
  return config::readText(text, "robohub.yaml", "/folder",
                          [&](config::Section& section) { readSettings(section, settings); });
}

// The errors of a file, as a terminal shows them.
std::string faults(const std::string& text) {
  Settings settings;
  return config::format(read(text, settings));
}

}  // namespace

TEST_CASE("The shipped settings are good and are the defaults but for their paths") {
  Settings shipped, empty;  // as without any file
  REQUIRE(readSettingsFile(std::filesystem::path(TEST_SOURCES) / "config" / "robohub.yaml", shipped).empty());
  CHECK(shipped.listen == config::Address{"127.0.0.1", 8080});
  CHECK(shipped.listen == empty.listen);
  CHECK_FALSE(shipped.insecure);
  CHECK(shipped.loops == empty.loops);
  CHECK(shipped.origins.empty());
  CHECK_FALSE(shipped.identity.access.guests_watch);
  CHECK_FALSE(shipped.identity.access.guests_play);
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
  CHECK(shipped.enrolment.claim_code_lifetime == empty.enrolment.claim_code_lifetime);
  CHECK(shipped.http.max_connections == empty.http.max_connections);
  CHECK(shipped.http.max_per_address == empty.http.max_per_address);
  CHECK(shipped.http.head_deadline == empty.http.head_deadline);
  CHECK(shipped.http.keep_alive_idle == empty.http.keep_alive_idle);
  CHECK(shipped.log_level == "info");
  CHECK(shipped.plugin_folders.size() == 1);
}

TEST_CASE("An empty file leaves every default") {
  Settings settings;
  REQUIRE(read("", settings).empty());
  CHECK(settings.listen == Settings().listen);
  CHECK(settings.turns.length == Settings().turns.length);
}

TEST_CASE("Every key of the settings is read") {
  Settings settings;
  const auto errors = read(R"(
server: {listen: "127.0.0.1:9000", insecure: true, data: state, web: /srv/web, loops: 3, origins: ["https://hub.example"],
  trusted_proxies: ["127.0.0.1", "10.0.0.0/8"], tls: {mode: on, certificate: hub.crt, key: /keys/hub.key}}
plugins: {path: [plugins, /opt/plugins]}
guests: {watch: true, play: true, session: 2h}
accounts: {session: 10d, idle: 1d}
turns: {length: 2m, warning: 5s, grace: 3s, handover: 4s, program_idle: 20s, when_alone: end, max_waiting: 7}
devices:
  d1: {turns: {length: 30s, max_waiting: 1}}
  d2: {}
enrolment: {claim_code_lifetime: 2h}
limits: {connections: 500, connections_per_address: 20, header_timeout: 2s, idle_timeout: 30s}
disk: {warning: 2GiB, reserve: 128MiB, ballast: 0B}
metrics: {enabled: true}
log: {level: debug, format: json, file: hub.log}
)",
                           settings);
  INFO(config::format(errors));
  REQUIRE(errors.empty());
  CHECK(settings.listen == config::Address{"127.0.0.1", 9000});
  CHECK(settings.insecure);
  CHECK(settings.data == "/folder/state");
  CHECK(settings.web == "/srv/web");
  CHECK(settings.loops == 3);
  CHECK(settings.origins == std::vector<std::string>{"https://hub.example"});
  CHECK(settings.plugin_folders == std::vector<std::filesystem::path>{"/folder/plugins", "/opt/plugins"});
  CHECK(settings.identity.access.guests_watch);
  CHECK(settings.identity.access.guests_play);
  CHECK(settings.identity.guest_session == 2h);
  CHECK(settings.identity.account_session == 240h);
  CHECK(settings.identity.account_idle == 24h);
  CHECK(settings.turns.length == 2min);
  CHECK(settings.turns.warning == 5s);
  CHECK(settings.turns.grace == 3s);
  CHECK(settings.turns.handover == 4s);
  CHECK(settings.turns.program_idle == 20s);
  CHECK(settings.turns.when_alone == control::WhenAlone::end_turn);
  CHECK(settings.turns.max_waiting == 7);
  CHECK(settings.turnsOf("d1").length == 30s);
  CHECK(settings.turnsOf("d1").max_waiting == 1);
  CHECK(settings.turnsOf("d1").grace == 3s);
  CHECK(settings.turnsOf("d2").length == 2min);
  CHECK(settings.turnsOf("other").length == 2min);
  CHECK(settings.enrolment.claim_code_lifetime == 2h);
  CHECK(settings.http.max_connections == 500);
  CHECK(settings.http.max_per_address == 20);
  CHECK(settings.http.head_deadline == 2s);
  CHECK(settings.http.keep_alive_idle == 30s);
  CHECK(settings.log_level == "debug");
  CHECK(settings.log_file == "/folder/hub.log");
  CHECK(settings.log_format == "json");
  CHECK(settings.disk.warn_bytes == 2LL << 30);
  CHECK(settings.disk.critical_bytes == 128LL << 20);
  CHECK(settings.disk.ballast_bytes == 0);
  CHECK(settings.metrics.enabled);
  CHECK(settings.tls.mode == TlsMode::on);
  CHECK(settings.tls.certificate == "/folder/hub.crt");
  CHECK(settings.tls.key == "/keys/hub.key");
  REQUIRE(settings.http.trusted_proxies.size() == 2);
  CHECK(settings.http.trusted_proxies[1].str() == "10.0.0.0/8");
}

TEST_CASE("The turns of a device come from the general ones wherever they stand in the file") {
  Settings settings;
  REQUIRE(read("devices: {d1: {turns: {max_waiting: 3}}}\nturns: {length: 5m}\n", settings).empty());
  CHECK(settings.turnsOf("d1").length == 5min);
  CHECK(settings.turnsOf("d1").max_waiting == 3);
}

TEST_CASE("A listener that other machines reach without TLS is refused unless the settings say insecure") {
  for (const char* host : {"0.0.0.0", "192.0.2.7", "[::]", "[2001:db8::1]"}) {
    INFO(host);
    const std::string listen = "  listen: \"" + std::string(host) + ":8080\"\n  tls: {mode: off}\n";
    const std::string told = faults("server:\n" + listen);
    CHECK(told.find("robohub.yaml:2:") == 0);
    CHECK(told.find("insecure: true") != std::string::npos);
    CHECK(faults("server:\n" + listen + "  insecure: true\n").empty());
    CHECK(faults("server:\n  insecure: true\n" + listen).empty());
  }
  for (const char* host : {"127.0.0.1", "127.1.2.3", "localhost", "[::1]"})
    CHECK(faults("server: {listen: \"" + std::string(host) + ":8080\"}").empty());
  CHECK_FALSE(faults("server: {listen: \"127.evil.example:80\", tls: {mode: off}}").empty());
}

TEST_CASE("What the hub cannot listen at is refused before it starts") {
  for (const char* host : {"hub.local", "127.0.0.300", "192.168.1", "127.evil.example", "1"}) {
    INFO(host);
    const std::string address = "\"" + std::string(host) + ":8080\"";
    const std::string sentence = "is no address to listen at";
    CHECK(faults("server: {listen: " + address + "}").find(sentence) != std::string::npos);
    CHECK(faults("robots: {plaintext: true, listen: " + address + "}").find(sentence) != std::string::npos);
    CHECK(faults("robots: {plaintext: true, browsers: " + address + "}").find(sentence) != std::string::npos);
    CHECK(faults("cloudtalker: {listen: " + address + "}").find(sentence) != std::string::npos);
    // Others look names up.
    if (std::string(host) == "hub.local") CHECK(faults("cloudtalker: {address: " + address + "}").empty());
  }
  for (const char* host : {"0.0.0.0", "[::]", "localhost", "192.0.2.7", "[2001:db8::1]"}) {
    const std::string address = "\"" + std::string(host) + ":8080\"";
    CHECK(faults("server: {listen: " + address + "}").empty());
    CHECK(faults("robots: {plaintext: true, listen: " + address + ", browsers: " + address + "}").empty());
    CHECK(faults("cloudtalker: {listen: " + address + "}").empty());
  }
}

TEST_CASE("Wrong settings are all told at once, each with its place") {
  const std::string told = faults(R"(
server:
  listen: nowhere
  lops: 2
  origins: [https://a.example, {}]
turns:
  length: 60
  warning: 99h
  when_alone: maybe
guests:
  watch: yes
log: {level: chatty}
devices: {"No Name": {}, d1: {turns: {length: 1s}}}
limits: {connections: 3}
)");
  for (const char* place :
       {"robohub.yaml:3:", "robohub.yaml:4:", "robohub.yaml:5:", "robohub.yaml:7:", "robohub.yaml:8:",
        "robohub.yaml:9:", "robohub.yaml:11:", "robohub.yaml:12:", "robohub.yaml:13:", "robohub.yaml:14:"}) {
    INFO(told);
    CHECK(told.find(place) != std::string::npos);
  }
  CHECK(told.find("loops") != std::string::npos);
}

TEST_CASE("A warning that comes before its turn is refused") {
  CHECK(faults("turns: {length: 20s, warning: 30s}").find("warning") != std::string::npos);
  CHECK(faults("turns: {length: 5s, warning: 5s}").empty());
}

TEST_CASE("An origin that no browser would write is refused") {
  for (const char* origin : {"https://hub.example/", "hub.example", "https://", "ftp://hub.example",
                             "https://a b.example", "https://hub.example/page", "*"}) {
    INFO(origin);
    CHECK(faults("server: {origins: [\"" + std::string(origin) + "\"]}").find("robohub.yaml:1:") == 0);
  }
  CHECK(faults("server: {origins: [\"https://hub.example\", \"http://192.0.2.1:8080\", \"http://[::1]:80\"]}").empty());
}

TEST_CASE("TLS is on by itself where other machines reach the hub or a certificate is given") {
  const auto tls = [](const std::string& server) {
    Settings settings;
    INFO(config::format(read("server: {" + server + "}", settings)));
    return settings.tlsOn();
  };
  CHECK_FALSE(tls("listen: \"127.0.0.1:8080\""));
  CHECK(tls("listen: \"0.0.0.0:8080\""));
  CHECK(tls("listen: \"0.0.0.0:8080\", insecure: true"));
  CHECK_FALSE(tls("listen: \"0.0.0.0:8080\", insecure: true, tls: {mode: off}"));
  CHECK(tls("tls: {mode: on}"));
  CHECK(tls("tls: {certificate: a, key: b}"));
  CHECK_FALSE(faults("server: {tls: {certificate: a}}").empty());
  CHECK_FALSE(faults("server: {tls: {key: a}}").empty());
  CHECK_FALSE(faults("server: {tls: {mode: off, certificate: a, key: b}}").empty());
}

TEST_CASE("A proxy that is no network is refused, and so is everybody") {
  for (const char* proxy : {"hub.example", "10.0.0.1/8", "0.0.0.0/0", "10.0.0.0/33", ""}) {
    INFO(proxy);
    CHECK(faults("server: {trusted_proxies: [\"" + std::string(proxy) + "\"]}").find("robohub.yaml:1:") == 0);
  }
}

TEST_CASE("Sizes carry their unit") {
  for (const char* size : {"64", "64M", "64MB", "1.5GiB", "-1MiB", "MiB", "99999999999TiB", "9223372036854775807TiB"}) {
    INFO(size);
    CHECK(faults("disk: {ballast: " + std::string(size) + "}").find("robohub.yaml:1:") == 0);
  }
  CHECK(faults("disk: {ballast: 0B, reserve: 1024KiB, warning: 1 GiB}").empty());
  CHECK(faults("disk: {reserve: 2GiB}").find("warning") != std::string::npos);
}

TEST_CASE("What a robot's own message may carry is described by the schema of an object") {
  const auto type = [](const std::string& schema) {
    return faults("robots: {types: {com_servo: {parameters: " + schema + "}}}");
  };
  CHECK(type("{type: object, additionalProperties: false, properties: {angle_deg: {type: integer, minimum: 0, "
             "maximum: 90, x-unit: deg}}}") == "");
  for (const char* no_object : {"{type: integer, minimum: 0, maximum: 180}", "{type: string, maxLength: 5}"}) {
    INFO(no_object);
    CHECK(type(no_object).find("robohub.yaml:1:") == 0);
    CHECK(type(no_object).find("of an object") != std::string::npos);
  }
}

TEST_CASE("What stands in a robot's own message may be written in any way, and is declared once") {
  const std::string any = "parameters: {type: object, additionalProperties: false, properties: {}}";
  Settings settings;
  CHECK(read("robots: {types: {move_arm: {name: moveArm, " + any + "}, com_servo: {" + any + "}}}", settings).empty());
  REQUIRE(settings.robots.types.contains("moveArm"));
  CHECK(settings.robots.types.find("moveArm")->second.command == "move_arm");
  CHECK(settings.robots.types.contains("com_servo"));
  CHECK_FALSE(settings.robots.types.contains("move_arm"));
  CHECK(faults("robots: {types: {a: {name: moveArm, " + any + "}, b: {name: moveArm, " + any + "}}}")
            .find("declared already") != std::string::npos);
  CHECK(faults("robots: {types: {a: {name: com_led, " + any + "}}}").find("of the protocol itself") !=
        std::string::npos);
}

TEST_CASE("What needs a restart is declared where it is read, and nothing else does") {
  Settings settings;
  std::set<std::string> restart;
  for (const auto& key : config::describe([&](config::Section& section) { readSettings(section, settings); }))
    if (key.restart && !key.path.starts_with("oidc.") && !key.path.starts_with("mqtt.") &&
        !key.path.starts_with("devices.<name>."))
      restart.insert(key.path);
  for (const auto& listener : {"robots.listen", "robots.browsers", "robots.plaintext", "cloudtalker.listen"})
    CHECK(restart.erase(listener) == 1);
  for (const auto& store : {"telemetry.enabled", "captures.folder"}) restart.erase(store);
  CHECK(restart == std::set<std::string>{"server.listen", "server.insecure", "server.data", "server.web",
                                         "server.loops", "server.tls.mode", "plugins.path"});
}
