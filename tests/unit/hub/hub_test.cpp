// The hub as a whole: start, refusals to start, end.
#include "hub/hub.hpp"

#include <catch2/catch.hpp>
#include <future>

#include "support/slowness.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

TEST_CASE("A second hub on the same data is refused with a sentence") {
  TestHub first;
  const auto second = hub::Hub::start(first.settings);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::conflict);
  CHECK(second.error().message.find("robohub serve") != std::string::npos);
  CHECK(first.get("/healthz").status == 200);
}

TEST_CASE("A port that is taken is refused with a sentence, and leaves the data free") {
  TestHub first;
  hub::Settings settings = first.settings;
  settings.data = first.folder.path() / "other";
  settings.listen.port = first.port;
  for (int i = 0; i < 2; ++i) {
    const auto second = hub::Hub::start(settings);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::conflict);
    CHECK(second.error().message.find(std::to_string(first.port)) != std::string::npos);
    CHECK(second.error().where == "server.listen");
  }
  settings.listen.port = 0;
  CHECK(hub::Hub::start(settings));
}

TEST_CASE("A taken port of robots is refused with the setting that asked for it") {
  TestHub first;
  hub::Settings settings = first.settings;
  settings.data = first.folder.path() / "other";
  settings.listen.port = 0;
  settings.robots.listen = {"127.0.0.1", first.port};
  auto second = hub::Hub::start(settings);
  REQUIRE_FALSE(second);
  CHECK(second.error().where == "robots.listen");
  settings.robots.listen = {"127.0.0.1", 0};
  settings.robots.browsers = {"127.0.0.1", first.port};
  second = hub::Hub::start(settings);
  REQUIRE_FALSE(second);
  CHECK(second.error().where == "robots.browsers");
  settings.robots.browsers.port = 0;
  CHECK(hub::Hub::start(settings));
}

TEST_CASE("A database that is damaged is refused and left as it is") {
  robohub::test::TempFolder folder;
  hub::Settings settings;
  settings.listen.port = 0;
  settings.data = folder.path() / "data";
  settings.web = folder.path() / "web";
  REQUIRE(hub::Hub::start(settings));
  std::ofstream(settings.data / "hub.db", std::ios::trunc) << std::string(8192, 'x');
  const auto hub = hub::Hub::start(settings);
  REQUIRE_FALSE(hub);
  CHECK(hub.error().code == ErrorCode::corrupt);
  CHECK(std::filesystem::file_size(settings.data / "hub.db") == 8192);
}

TEST_CASE("A hub starts without plugins, without a page, and with folders that are missing") {
  TestHub hub([](hub::Settings& settings) {
    settings.plugin_folders = {"/nonexistent"};
    settings.web = "/nonexistent";
  });
  CHECK(hub.get("/readyz").status == 200);
  const Answer refused = hub.asAdministrator("POST", "/api/v1/devices", R"({"id":"d1","type":"test_good"})");
  CHECK(refused.status == 400);
  CHECK(refused.text("detail").find("none at all") != std::string::npos);
}

TEST_CASE("A hub on a free port says which one, and its socket belongs to its user alone") {
  TestHub hub;
  CHECK(hub.hub->url() == "http://127.0.0.1:" + std::to_string(hub.port) + "/");
  struct stat info {};
  REQUIRE(stat((hub.settings.data / "admin.sock").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  REQUIRE(stat(hub.settings.data.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
}

TEST_CASE("The administrator's code is kept until it is used") {
  TestHub hub;
  const auto code = hub.hub->administratorCode();
  REQUIRE(code);
  CHECK(hub.hub->administratorCodeIsNew());
  hub.stop();
  hub.start();
  CHECK(hub.hub->administratorCode() == code);
  CHECK_FALSE(hub.hub->administratorCodeIsNew());
  hub.administrator();
  CHECK_FALSE(hub.hub->administratorCode());
  hub.stop();
  hub.start();
  CHECK_FALSE(hub.hub->administratorCode());
}

TEST_CASE("Devices are there again after a restart, and their agents come back with the keys they have") {
  TestHub hub;
  hub.device("d1");
  hub.enrol("d2", "test_noisy");
  {
    ScriptedAgent agent(hub, "d1");
    agent.online();
  }
  hub.stop();
  hub.start();
  const auto devices = hub.asAdministrator("GET", "/api/v1/devices").json->getArray("devices");
  REQUIRE(devices->size() == 2);
  CHECK(devices->getObject(0)->getValue<std::string>("presence") == "offline");
  CHECK(devices->getObject(1)->getValue<std::string>("presence") == "never");
  ScriptedAgent agent(hub, "d1", "test_good", 2);
  agent.online();
  CHECK(hub.deviceState("d1")->getValue<std::string>("presence") == "online");
}

TEST_CASE("A hub that is insecure gives no turns on what could do harm, and gives them on the rest") {
  TestHub hub([](hub::Settings& settings) { settings.insecure = true; });
  hub.device("d1");
  hub.device("d2", "test_noisy");
  ScriptedAgent hazardous(hub, "d1"), harmless(hub, "d2", "test_noisy");
  hazardous.online();
  harmless.online();
  const std::string cookie = hub.guest("Ada");
  const Answer refused = hub.post("/api/v1/devices/d1/turn", "", cookie);
  CHECK(refused.status == 403);
  CHECK(refused.text("detail").find("TLS") != std::string::npos);
  CHECK(hub.post("/api/v1/devices/d2/turn", "", cookie).status == 200);
  CHECK(harmless.control->get("grant"));
  CHECK(hazardous.control->waiting("grant") == 0);
  CHECK(hub.post("/api/v1/devices/d1/stop", "", cookie).status == 202);
}

TEST_CASE("A hub ends in time with pages, streams, waiting programs and sign-ins that are still open") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  const std::string cookie = hub.guest("Ada");
  auto page = hub.page(cookie);
  page.send(R"({"type":"watch","device":"d1"})");
  page.get("you");
  std::vector<std::unique_ptr<net::test::RawPeer>> peers;
  const auto open = [&](const Ask& ask) {
    peers.push_back(std::make_unique<net::test::RawPeer>(hub.port));
    peers.back()->say(requestText(ask, hub.port));
  };
  open({.target = "/api/v1/devices/d1/streams/main.mjpeg", .cookie = cookie});
  open({.target = "/api/v1/devices/d1/streams/main.jpg", .cookie = cookie});
  open({.method = "POST", .target = "/api/v1/devices/d1/commands/forget?wait_ms=30000", .cookie = cookie});
  agent.control->get("command");
  // More hashes than can be done in the time that is left.
  for (int i = 0; i < 60; ++i)
    open({.method = "POST",
          .target = "/api/v1/session",
          .body = R"({"username":"user-)" + std::to_string(i) + R"(","password":"correct horse"})"});
  peers.push_back(std::make_unique<net::test::RawPeer>(hub.port));
  peers.back()->say("GET / HT");
  const auto began = std::chrono::steady_clock::now();
  hub.stop();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(3 * kSlowness));
}
