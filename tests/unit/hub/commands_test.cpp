// Every administrator's command as it is typed: through a running hub, and without one where that makes sense.
#include "hub/commands.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "hub/admin_client.hpp"
#include "hub/command_texts.hpp"
#include "unit/hub/program_run.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

std::string write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
  return file.string();
}

// One command against one data folder.
struct Typist {
  std::string data;
  Run operator()(std::vector<std::string> words) const {
    words.insert(words.end(), {"--data", data});
    return runProgram(TEST_ROBOHUB, words);
  }
};

}  // namespace

TEST_CASE("every command explains itself, and is in usage, completion and manual") {
  const std::string page = hub::manualPage(hub::commands()), completion = hub::bashCompletion(hub::commands());
  std::set<std::string> seen;
  for (const auto& command : hub::commands()) {
    INFO(command.words);
    CHECK(seen.insert(command.words).second);
    CHECK(command.summary.back() != '.');
    CHECK(has(hub::usage(), command.words));
    CHECK(has(hub::usageOf(command), "Usage: robohub " + command.words));
    CHECK(has(completion, "'" + command.words + "')"));
    CHECK(has(page, command.words.substr(0, command.words.find_first_of(" -"))));
    for (const auto& option : command.options) CHECK(has(hub::usageOf(command), "--" + option.name));
    if (command.words == "serve") continue;
    CHECK(command.run != nullptr);
    // No password is ever an argument, where everybody on the machine reads it.
    for (const auto& option : command.options) CHECK(option.name != "password");
  }
  const Run help = runProgram(TEST_ROBOHUB, {"user", "add", "--help"});
  CHECK(help.code == 0);
  CHECK(has(help.output, "--password-file"));
  CHECK(runProgram(TEST_ROBOHUB, {"user"}).code == 2);
  CHECK(runProgram(TEST_ROBOHUB, {"user", "list", "--colour"}).code == 2);
  CHECK(runProgram(TEST_ROBOHUB, {"user", "role", "ada"}).code == 2);
  CHECK(runProgram(TEST_ROBOHUB, {"health", "--data", "a", "--data", "b"}).code == 2);
  CHECK(runProgram(TEST_ROBOHUB, {"health", "--json=yes"}).code == 2);
}

TEST_CASE("the manual pages have no fault that man knows of") {
  TempFolder folder;
  const std::string man = write(folder.path() / "robohub.1", runProgram(TEST_ROBOHUB, {"--man"}).output);
  const std::string docs = std::string(TEST_SOURCES) + "/docs/man/";
  for (const std::string& page : {man, docs + "robohub-agent.1", docs + "robohub-plugin-host.1"}) {
    const Run shown =
        runProgram("/bin/sh", {"-c", "LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z '" +
                                         page + "' 2>&1 >/dev/null"});
    INFO(page);
    CHECK(shown.code == 0);
    CHECK(shown.output == "");
  }
}

TEST_CASE("bash completes commands, their options and files") {
  TempFolder folder;
  const std::string script =
      write(folder.path() / "completion", runProgram(TEST_ROBOHUB, {"--completion", "bash"}).output);
  write(folder.path() / "my.yaml", "");
  auto words = [&](const std::string& typed, int at) {
    const Run run =
        runProgram("/bin/bash", {"-c", "set -eu; cd " + folder.path().string() + "; source " + script +
                                           "; COMP_WORDS=(" + typed + "); COMP_CWORD=" + std::to_string(at) +
                                           "; _robohub; printf '%s\\n' \"${COMPREPLY[@]}\""});
    CHECK(run.code == 0);
    std::set<std::string> found;
    std::istringstream from(run.output);
    for (std::string line; std::getline(from, line);) found.insert(line);
    return found;
  };
  const auto first = words("robohub ''", 1);
  for (const char* word : {"serve", "user", "device", "backup", "restore", "health", "--help"})
    CHECK(first.count(word));
  CHECK(words("robohub dev", 1) == std::set<std::string>{"device"});
  CHECK(words("robohub user re", 2) == std::set<std::string>{"remove"});
  CHECK(words("robohub user add ada --r", 4) == std::set<std::string>{"--role"});
  CHECK(words("robohub backup --j", 2) == std::set<std::string>{"--json"});
  CHECK(words("robohub serve --config m", 3) == std::set<std::string>{"my.yaml"});
  CHECK(words("robohub check-config m", 2) == std::set<std::string>{"my.yaml"});
}

TEST_CASE("accounts, grants, sessions and tokens are kept from the terminal") {
  TestHub hub;
  const Typist robohub{hub.settings.data.string()};
  const std::string password = write(hub.folder.path() / "password", "correct horse battery\n");
  CHECK(robohub({"user", "add", "ada", "--role", "administrator", "--password-file", password}).code == 0);
  CHECK(robohub({"user", "add", "ada", "--password-file", password}).code == 1);
  CHECK(robohub({"user", "add", "bob", "--role", "king", "--password-file", password}).code == 2);
  const Run made = robohub({"user", "add", "bob", "--role", "member", "--make-password"});
  CHECK(made.code == 0);
  CHECK(has(made.output, "Password"));
  CHECK(robohub({"user", "add", "eve"}).code == 1);  // nobody types here

  const Run granted = robohub({"user", "grant", "bob", "play", "room", "lab 1"});
  CHECK(granted.code == 0);
  CHECK(has(robohub({"user", "list"}).output, "play on room lab 1"));
  const Run grants = robohub({"user", "grants", "bob", "--json"});
  const auto user = json::parseObject(grants.output);
  REQUIRE(user);
  const auto list = hub::objectsOf(**user, "grants");
  REQUIRE(list.size() == 1);
  CHECK(robohub({"user", "ungrant", "bob", hub::textOf(*list[0], "id")}).code == 0);
  CHECK(robohub({"user", "ungrant", "bob", "all"}).code == 2);
  CHECK_FALSE(has(robohub({"user", "grants", "bob"}).output, "lab 1"));

  const Answer signed_in = hub.post("/api/v1/session", R"({"username":"ada","password":"correct horse battery"})");
  REQUIRE(signed_in.status == 200);
  const std::string cookie = TestHub::cookieOf(signed_in);
  CHECK(has(robohub({"user", "sessions", "ada"}).output, "s-"));
  CHECK(has(robohub({"session", "list"}).output, "ada"));
  CHECK(robohub({"user", "sign-out", "ada"}).code == 0);
  CHECK(hub.get("/api/v1/devices", cookie).status == 401);

  const Run token = robohub({"token", "add", "bob", "his robot", "--permissions", "watch,play", "--scopes",
                             "device:d1,room:lab", "--days", "7", "--json"});
  CHECK(token.code == 0);
  CHECK(has(token.output, "rh_"));
  const Run tokens = robohub({"token", "list"});
  CHECK(has(tokens.output, "his robot"));
  CHECK(has(tokens.output, "device:d1, room:lab"));
  CHECK_FALSE(has(tokens.output, "rh_"));
  const auto issued = json::parseObject(token.output);
  REQUIRE(issued);
  const auto about = json::getObject(**issued, "token").value_or(nullptr);
  REQUIRE(about);
  CHECK(robohub({"token", "revoke", hub::textOf(*about, "id")}).code == 0);
  CHECK_FALSE(has(robohub({"token", "list"}).output, "his robot"));

  CHECK(robohub({"user", "role", "bob", "player"}).code == 0);
  CHECK(robohub({"user", "disable", "bob"}).code == 0);
  CHECK(has(robohub({"user", "list"}).output, "disabled"));
  CHECK(robohub({"user", "enable", "bob"}).code == 0);
  CHECK(robohub({"user", "password", "bob", "--password-file", password}).code == 0);
  CHECK(robohub({"user", "role", "ada", "viewer"}).code == 1);  // the last administrator stays
  CHECK(robohub({"user", "remove", "bob"}).code == 0);
  CHECK(robohub({"user", "remove", "bob"}).code == 1);
}

TEST_CASE("accounts can be mended while no hub runs; what needs a hub says so with status 3") {
  TempFolder folder;
  const Typist robohub{(folder.path() / "data").string()};
  const std::string password = write(folder.path() / "password", "correct horse battery\n");
  CHECK(robohub({"user", "add", "ada", "--role", "administrator", "--password-file", password}).code == 0);
  CHECK(robohub({"user", "add", "bob", "--role", "viewer", "--password-file", password}).code == 0);
  CHECK(robohub({"user", "role", "bob", "player"}).code == 0);
  CHECK(robohub({"user", "disable", "bob"}).code == 0);
  CHECK(has(robohub({"user", "list"}).output, "disabled"));
  CHECK(robohub({"user", "password", "bob", "--password-file", password}).code == 0);
  CHECK(robohub({"user", "remove", "bob"}).code == 0);
  CHECK(robohub({"user", "remove", "ada"}).code == 1);
  CHECK_FALSE(has(robohub({"user", "list", "--json"}).output, "bob"));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"health"},
                                                {"stop"},
                                                {"token", "list"},
                                                {"ban", "list"},
                                                {"config", "show"},
                                                {"config", "reload"},
                                                {"session", "list"},
                                                {"device", "show", "d1"},
                                                {"device", "turn", "d1"}}) {
    const Run run = robohub(words);
    INFO(words[0] << ": " << run.output);
    CHECK(run.code == 3);
    CHECK(has(run.output, "No hub runs"));
  }
}

TEST_CASE("a camera without our agent is told what is left to do for it, and nothing about agents") {
  TestHub hub;
  const Typist robohub{hub.settings.data.string()};
  const Run enrolled = robohub({"device", "enrol", "gate", "--type", "test_good", "--link", "cloudtalker"});
  INFO(enrolled.output);
  CHECK(enrolled.code == 0);
  CHECK(has(enrolled.output, "does not listen for such devices: set cloudtalker.listen"));
  CHECK(has(enrolled.output, "restart"));
  CHECK_FALSE(has(enrolled.output, "-e "));
  hub.enrol("d1");
  const auto issued = [&](const std::string& id, const std::string& folder) {
    const Run run = robohub({"certificate", "issue", "--device", id, "--out", (hub.folder.path() / folder).string()});
    CHECK(run.code == 0);
    return run.output;
  };
  // With the hub, and on its files.
  for (const char* folder : {"one", "two"}) {
    const std::string cameras = issued("gate", folder), agents = issued("d1", folder);
    INFO(cameras << agents);
    CHECK(has(cameras, "cloudtalker -c gate.crt -k gate.key -e HOST:PORT/ds/v3"));
    CHECK_FALSE(has(cameras, "agent.yaml"));
    CHECK_FALSE(has(cameras, "client_certificates"));
    CHECK(has(agents, "agent.yaml"));
    CHECK(has(agents, "agents.client_certificates"));
    CHECK_FALSE(has(agents, "ds/v3"));
    hub.stop();
  }
}

TEST_CASE("devices, stops, bans, settings and health are seen and kept from the terminal") {
  TestHub hub;
  const Typist robohub{hub.settings.data.string()};
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  CHECK(robohub({"device", "rename", "d1", "The One"}).code == 0);
  CHECK(robohub({"device", "labels", "d1", "demo", "loud"}).code == 0);
  CHECK(robohub({"device", "room", "d1", "lab"}).code == 0);
  const Run shown = robohub({"device", "show", "d1"});
  for (const char* part : {"The One", "demo, loud", "lab", "test_good", "online"}) CHECK(has(shown.output, part));
  CHECK(robohub({"device", "show", "d9"}).code == 1);
  CHECK(robohub({"device", "turn", "d1"}).code == 0);
  CHECK(robohub({"device", "turn", "d1", "hold", "--reason", "Lunch"}).code == 0);
  CHECK(has(robohub({"device", "turn", "d1"}).output, "held"));
  CHECK(robohub({"device", "turn", "d1", "release"}).code == 0);
  CHECK(robohub({"device", "turn", "d1", "dance"}).code == 1);
  CHECK(robohub({"device", "command", "d1", "add", "[1]"}).code == 1);
  CHECK(robohub({"device", "command", "d1", "nothing", "--wait", "1s"}).code == 1);
  CHECK(robohub({"device", "command", "d1", "add", R"({"a":1,"b":2})", "--wait", "2h"}).code == 2);
  // The agent carries it out while the command waits.
  std::thread working([&] { agent.carryOut(R"({"sum":3})"); });
  const Run added = robohub({"device", "command", "d1", "add", R"({"a":1,"b":2})", "--wait", "5s"});
  working.join();
  INFO(added.output);
  CHECK(added.code == 0);
  CHECK(has(added.output, "succeeded"));
  CHECK(has(added.output, "3"));

  CHECK(robohub({"stop", "--reason", "Somebody is in there."}).code == 0);
  CHECK(hub::textOf(*json::getObject(*hub.deviceState("d1"), "stop").value(), "state") != "none");
  CHECK(robohub({"device", "stop", "d1", "--reset"}).code == 0);

  const std::string guest = hub.guest("Mallory");
  const Answer who = hub.get("/api/v1/session", guest);
  const std::string id = hub::textOf(*json::getObject(*who.json, "person").value(), "id");
  CHECK(robohub({"ban", "add", id, "--for", "10m", "--reason", "Flooding"}).code == 0);
  CHECK(has(robohub({"ban", "list"}).output, "Flooding"));
  CHECK(robohub({"ban", "add", id, "--for", "ever"}).code == 1);
  CHECK(robohub({"ban", "remove", "1"}).code == 0);
  CHECK_FALSE(has(robohub({"ban", "list"}).output, "Flooding"));

  CHECK(has(robohub({"plugin", "list"}).output, "test_good"));
  CHECK(robohub({"plugin", "check", std::string(TEST_PLUGINS) + "/test_good/1.0.0"}).code == 0);
  CHECK(robohub({"plugin", "check", hub.folder.path().string()}).code == 1);
  CHECK(has(robohub({"config", "show"}).output, "server.listen"));
  const Run health = robohub({"health"});
  CHECK((health.code == 0 || health.code == 1));
  CHECK(has(health.output, "The hub is"));
  const Run code = robohub({"setup-code"});
  CHECK(code.code == 0);
  CHECK(has(code.output, hub.hub->administratorCode().value_or("none")));
}

TEST_CASE("a backup is written by the running hub for its machine only, and restored when it has ended") {
  TestHub hub;
  const Typist robohub{hub.settings.data.string()};
  hub.device("d1");
  const std::string file = (hub.folder.path() / "b.tar").string();
  const Run made = robohub({"backup", file});
  INFO(made.output);
  CHECK(made.code == 0);
  CHECK(robohub({"backup", file}).code == 1);
  const std::string cookie = hub.administrator();
  CHECK(hub.post("/api/v1/backup", "{\"path\":\"" + file + "2\"}", cookie).status == 403);
  CHECK_FALSE(std::filesystem::exists(file + "2"));
  CHECK(robohub({"restore", file, "--check"}).code == 0);
  const Run held = robohub({"restore", file});
  CHECK(held.code == 1);
  CHECK(has(held.output, "in use by"));
  CHECK(has(robohub({"audit", "list"}).output, "backup.make"));

  hub.enrol("d2");
  CHECK(robohub({"device", "revoke", "d1"}).code == 0);
  hub.stop();
  const Run restored = robohub({"restore", file});
  INFO(restored.output);
  CHECK(restored.code == 0);
  CHECK(has(restored.output, "into " + std::filesystem::absolute(robohub.data).lexically_normal().string() + "."));
  CHECK(has(restored.output, "before-restore-"));
  CHECK(has(restored.output, "enrolled again now as they were: d1."));
  CHECK(has(restored.output, "devices, certificates and bans"));
  const std::string offline = (hub.folder.path() / "offline.tar").string();
  CHECK(robohub({"backup", offline}).code == 0);
  hub.start();
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d1").status == 200);
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d2").status == 404);
  CHECK(has(robohub({"audit", "list"}).output, "backup.restore"));
  CHECK(robohub({"audit", "verify"}).code == 0);
}

TEST_CASE("an agent that has seen many turns takes the next one of a restored hub") {
  TestHub hub;
  const Typist robohub{hub.settings.data.string()};
  hub.device("d1");
  const std::string file = (hub.folder.path() / "b.tar").string();
  REQUIRE(robohub({"backup", file}).code == 0);
  auto nextTurn = [&](std::uint64_t nonce) {
    ScriptedAgent agent(hub, "d1", "test_good", nonce);
    agent.online();
    const std::string guest = hub.guest("Ada");
    REQUIRE(hub.post("/api/v1/devices/d1/turn", "{}", guest).status == 200);
    const auto epoch = json::getInt(*agent.control->get("grant"), "epoch").value();
    (void)hub.ask({.method = "DELETE", .target = "/api/v1/devices/d1/turn", .cookie = guest});
    return epoch;
  };
  const auto seen = nextTurn(1);
  hub.stop();
  REQUIRE(robohub({"restore", file}).code == 0);
  hub.start();
  const auto first = nextTurn(2);
  CHECK(first > seen + (1ll << 32) - 1);
  hub.stop();
  REQUIRE(robohub({"restore", file}).code == 0);
  hub.start();
  CHECK(nextTurn(3) > first);
}
