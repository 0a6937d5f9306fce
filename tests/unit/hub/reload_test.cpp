// Settings that change under a running hub, by the real program and its signal.
#include <catch2/catch.hpp>

#include "unit/hub/process_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

std::vector<std::string> list(const json::Object::Ptr& object, const std::string& key) {
  std::vector<std::string> all;
  const auto array = object->getArray(key);
  for (std::size_t i = 0; i < array->size(); ++i)
    all.push_back(array->getElement<std::string>(static_cast<unsigned>(i)));
  return all;
}

json::Object::Ptr key(const ProcessHub& hub, const std::string& path) {
  const auto keys = hub.asAdministrator("GET", "/api/v1/config").json->getArray("keys");
  for (unsigned i = 0; i < keys->size(); ++i)
    if (keys->getObject(i)->getValue<std::string>("path") == path) return keys->getObject(i);
  throw std::runtime_error("no key " + path);
}

const std::string kGuests = "guests: {watch: true, play: true}\n";

}  // namespace

TEST_CASE("A reload changes what may change, and a turn, a socket and a link go on") {
  ProcessHub hub(kGuests);
  hub.start();
  hub.device("d1");
  ScriptedAgent agent(hub.port, "d1");
  agent.online();
  const std::string cookie = hub.guest("Ada");
  auto page = hub.page(cookie);
  page.send(R"({"type":"watch","device":"d1"})");
  page.send(R"({"type":"join","device":"d1"})");
  const auto mine =
      page.get("you", [](const json::Object& you) { return json::getString(you, "state").value_or("") == "active"; });
  const auto epoch = mine->getValue<std::int64_t>("epoch");

  hub.configure(kGuests + "turns: {length: 5m}\nlimits: {connections: 321}\nlog: {level: error}\n",
                "  origins: [\"https://hub.example\"]\n");
  const auto outcome = hub.reload();
  CHECK(outcome->getValue<bool>("ok"));
  CHECK(outcome->getValue<std::string>("by") == "SIGHUP");
  CHECK(list(outcome, "needs_restart").empty());
  CHECK(list(outcome, "changed") ==
        std::vector<std::string>{"server.origins", "turns.length", "limits.connections", "log.level"});
  CHECK(key(hub, "turns.length")->getValue<std::string>("value") == "5m");
  CHECK(key(hub, "turns.length")->getValue<std::string>("default") == "1m");
  CHECK(key(hub, "turns.length")->getValue<std::string>("source").find("hub.yaml:") != std::string::npos);
  CHECK(key(hub, "turns.warning")->getValue<std::string>("source") == "default");

  // The same connection, the same turn.
  page.send(R"({"type":"ping"})");
  CHECK(page.get("pong"));
  const Answer turn = hub.ask({.target = "/api/v1/devices/d1/turn", .cookie = cookie});
  REQUIRE(turn.status == 200);
  CHECK(turn.json->getValue<std::int64_t>("epoch") == epoch);
  CHECK(turn.json->getObject("you")->getValue<std::string>("state") == "active");
  agent.beat();
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d1").text("presence") == "online");

  // The new origin counts at once.
  const auto from = [&](const std::string& origin) {
    return hub.ask({.method = "DELETE", .target = "/api/v1/devices/d1/turn", .cookie = cookie, .origin = origin})
        .status;
  };
  CHECK(from("https://other.example") == 403);
  CHECK(from("https://hub.example") == 200);
}

TEST_CASE("A bad file changes nothing, and every fault is told with its place") {
  ProcessHub hub(kGuests + "turns: {length: 90s}\n");
  hub.start();
  const auto before = hub.asAdministrator("GET", "/api/v1/config").json->getArray("keys");
  hub.configure("turns: {length: 2m, warning: 60}\nguests: {wach: true}\n", "  loops: 2\n");
  const auto outcome = hub.reload();
  CHECK_FALSE(outcome->getValue<bool>("ok"));
  CHECK(list(outcome, "changed").empty());
  REQUIRE(outcome->getArray("errors")->size() == 3);
  for (unsigned i = 0; i < 3; ++i)
    CHECK(outcome->getArray("errors")->getObject(i)->getValue<std::string>("where").find("hub.yaml:") !=
          std::string::npos);
  CHECK(outcome->getArray("errors")->getObject(1)->getValue<std::string>("path") == "turns.warning");
  CHECK(json::write(hub.asAdministrator("GET", "/api/v1/config").json->getArray("keys")) == json::write(before));
  CHECK(hub.ask({.method = "POST", .target = "/api/v1/session", .body = R"({"guest":"Ada"})"}).status == 200);

  const auto findings = hub.asAdministrator("GET", "/api/v1/health").json->getArray("findings");
  bool told = false;
  for (unsigned i = 0; i < findings->size(); ++i)
    told = told || findings->getObject(i)->getValue<std::string>("id") == "reload";
  CHECK(told);

  std::filesystem::remove(hub.file());
  CHECK_FALSE(hub.reload()->getValue<bool>("ok"));
  hub.configure(kGuests + "turns: {length: 3m}\n");
  CHECK(hub.reload()->getValue<bool>("ok"));
  CHECK(key(hub, "turns.length")->getValue<std::string>("value") == "3m");
}

TEST_CASE("A file that names a certificate with which something could not begin changes nothing") {
  const std::string cameras = kGuests + "cloudtalker: {listen: \"127.0.0.1:0\"";
  ProcessHub hub(cameras + "}\n");
  hub.start();
  const auto refused = [&](const std::string& path) {
    const auto outcome = hub.reload();
    CHECK_FALSE(outcome->getValue<bool>("ok"));
    CHECK(list(outcome, "changed").empty());
    REQUIRE(outcome->getArray("errors")->size() == 1);
    CHECK(outcome->getArray("errors")->getObject(0)->getValue<std::string>("path") == path);
    CHECK(outcome->getArray("errors")->getObject(0)->getValue<std::string>("where").find("none.crt") !=
          std::string::npos);
  };
  // Of a port that is open.
  const std::string wrong = cameras + ", certificate: none.crt, key: none.key}\nturns: {length: 5m}\n";
  hub.configure(wrong);
  refused("cloudtalker.certificate");
  CHECK(key(hub, "cloudtalker.certificate")->getValue<std::string>("value").empty());
  CHECK(key(hub, "turns.length")->getValue<std::string>("value") == "1m");
  const Answer pasted = hub.asAdministrator("POST", "/api/v1/config/check", "{\"text\":" + json::quote(wrong) + "}");
  CHECK_FALSE(pasted.json->getValue<bool>("ok"));
  CHECK(pasted.json->getArray("changes")->size() == 0);
  // Of TLS that the next start would turn on.
  hub.configure(kGuests, "  tls: {mode: on, certificate: none.crt, key: none.key}\n");
  refused("server.tls.certificate");
  hub.configure(cameras + "}\n");
  CHECK(hub.reload()->getValue<bool>("ok"));
}

TEST_CASE("What needs a restart is said by path, in the answer and on the health page, until the file goes back") {
  ProcessHub hub(kGuests);
  hub.start();
  const auto asks = [&] { return hub.asAdministrator("POST", "/api/v1/config/reload"); };
  std::ofstream(hub.file(), std::ios::app) << "limits: {idle_timeout: 30s}\n";
  CHECK(list(asks().json, "changed") == std::vector<std::string>{"limits.idle_timeout"});
  hub.configure(kGuests, "  web: elsewhere\n");
  const Answer changed = asks();
  REQUIRE(changed.status == 200);
  CHECK(list(changed.json, "needs_restart") == std::vector<std::string>{"server.web"});
  CHECK(key(hub, "server.web")->getValue<std::string>("source") == "default");
  const auto needs_restart = [&] {
    return hub.asAdministrator("GET", "/api/v1/health").body.find("\"id\":\"restart\"") != std::string::npos;
  };
  CHECK(needs_restart());
  hub.configure(kGuests);
  CHECK(list(asks().json, "needs_restart").empty());
  CHECK_FALSE(needs_restart());
}

TEST_CASE("Reloads that come at once are done one after another") {
  ProcessHub hub(kGuests);
  hub.start();
  std::vector<std::thread> many;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    many.emplace_back([&] { good += hub.asAdministrator("POST", "/api/v1/config/reload").status == 200; });
  for (int i = 0; i < 20; ++i) hub.process.signal(SIGHUP);
  for (auto& one : many) one.join();
  CHECK(good == 8);
  CHECK(hub.ask({.target = "/healthz"}).status == 200);
}

TEST_CASE("A log that was moved away begins anew with SIGHUP, and its form can change") {
  ProcessHub hub(kGuests + "log: {file: hub.log}\n");
  hub.start();
  const auto text = [&](const std::string& name) {
    std::ifstream file(hub.folder.path() / name);
    return std::string((std::istreambuf_iterator<char>(file)), {});
  };
  CHECK(text("hub.log").find(" info: listening at http") != std::string::npos);
  std::filesystem::rename(hub.folder.path() / "hub.log", hub.folder.path() / "hub.log.1");
  hub.configure(kGuests + "log: {file: hub.log, format: json}\n");
  hub.reload();
  CHECK(text("hub.log.1").find("settings reloaded") == std::string::npos);
  const std::string line = text("hub.log").substr(0, text("hub.log").find('\n'));
  const auto object = json::parseObject(line);
  REQUIRE(object);
  CHECK((*object)->getValue<std::string>("level") == "info");
  CHECK((*object)->getValue<std::string>("msg").find("settings reloaded by SIGHUP") == 0);
  CHECK((*object)->getValue<std::string>("ts").size() == 24);
}

TEST_CASE("A pasted text is checked against what counts, and changes nothing") {
  ProcessHub hub(kGuests);
  hub.start();
  const auto check = [&](const std::string& text) {
    return hub.asAdministrator("POST", "/api/v1/config/check", "{\"text\":" + json::quote(text) + "}").json;
  };
  const auto good = check("turns: {length: 4m}\n");
  CHECK(good->getValue<bool>("ok"));
  bool told = false;
  for (unsigned i = 0; i < good->getArray("changes")->size(); ++i) {
    const auto change = good->getArray("changes")->getObject(i);
    if (change->getValue<std::string>("path") != "turns.length") continue;
    told = true;
    CHECK(change->getValue<std::string>("from") == "1m");
    CHECK(change->getValue<std::string>("to") == "4m");
    CHECK_FALSE(change->getValue<bool>("restart"));
  }
  CHECK(told);
  const auto bad = check("turns: {length: 4}\nx: &a [*a]\n");
  CHECK_FALSE(bad->getValue<bool>("ok"));
  CHECK(bad->getArray("errors")->size() >= 2);
  CHECK(bad->getArray("changes")->size() == 0);
  CHECK(hub.asAdministrator("POST", "/api/v1/config/check", "{}").status == 400);
  CHECK(key(hub, "turns.length")->getValue<std::string>("value") == "1m");
  CHECK(hub.ask({.target = "/api/v1/config"}).status == 401);
  CHECK(hub.ask({.target = "/api/v1/config", .cookie = hub.guest("Eve")}).status == 403);
  CHECK(hub.ask({.method = "POST", .target = "/api/v1/config/reload", .cookie = hub.guest("Eve")}).status == 403);
}

TEST_CASE("A secret never leaves the hub with its configuration") {
  ProcessHub hub(kGuests);
  std::ofstream(hub.folder.path() / "token") << "open-sesame-for-figures\n";
  std::filesystem::permissions(hub.folder.path() / "token", std::filesystem::perms(0600));
  hub.configure(kGuests + "metrics: {enabled: true, token_file: token}\n");
  hub.start();
  CHECK(key(hub, "metrics.token_file")->getValue<std::string>("value") == "(secret)");
  const std::string text = "metrics: {enabled: true, token_file: " + (hub.folder.path() / "token").string() + "}\n";
  for (const Answer& answer :
       {hub.asAdministrator("GET", "/api/v1/config"), hub.asAdministrator("POST", "/api/v1/config/reload"),
        hub.asAdministrator("POST", "/api/v1/config/check", "{\"text\":" + json::quote(text) + "}")})
    CHECK(answer.body.find("open-sesame") == std::string::npos);
}
