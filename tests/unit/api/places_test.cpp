// Names, labels and rooms of devices: who changes them, and who sees what after that.
#include <catch2/catch.hpp>

#include "support/slowness.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

Answer patch(const TestHub& hub, const std::string& body) {
  return hub.asAdministrator("PATCH", "/api/v1/devices/d1", body);
}

std::string text(const json::Object::Ptr& object, const std::string& key) {
  return object ? json::getString(*object, key).value_or("") : "";
}

// A member who may drive what has the label "lab".
std::string member(const TestHub& hub) {
  REQUIRE(
      hub.asAdministrator("POST", "/api/v1/users", R"({"username":"mia","role":"member","password":"correct horse"})")
          .status == 201);
  REQUIRE(hub.asAdministrator("POST", "/api/v1/users/mia/grants",
                              R"({"permission":"play","scope":{"kind":"label","value":"lab"}})")
              .status == 201);
  return TestHub::cookieOf(hub.post("/api/v1/session", R"({"username":"mia","password":"correct horse"})"));
}

}  // namespace

TEST_CASE("A device's name, labels and room are changed, kept, and shown") {
  TestHub hub;
  hub.device("d1");
  const Answer changed = patch(hub, R"({"name":"Bench","labels":["lab","b"],"room":"Hall 1"})");
  REQUIRE(changed.status == 200);
  CHECK(changed.text("name") == "Bench");
  CHECK(changed.text("room") == "Hall 1");
  CHECK(changed.json->getArray("labels")->size() == 2);
  CHECK(patch(hub, R"({"room":""})").text("name") == "Bench");
  hub.stop();
  hub.start();
  const auto kept = hub.deviceState("d1");
  CHECK(text(kept, "name") == "Bench");
  CHECK(text(kept, "room").empty());
  CHECK(kept->getArray("labels")->getElement<std::string>(0) == "b");
  CHECK(kept->getObject("can")->getValue<bool>("administer"));

  for (const char* body :
       {R"({"name":""})", R"({"labels":["A b"]})", R"({"labels":["a","a"]})", R"({"labels":"a"})", R"({"labels":[1]})",
        R"({"labels":["a1","a2","a3","a4","a5","a6","a7","a8","a9","b1","b2","b3","b4","b5","b6","b7","b8"]})",
        R"({"room":5})", R"({"name":"Good","room":"\u202e"})"}) {
    INFO(body);
    const Answer refused = patch(hub, body);
    CHECK(refused.status == 400);
    CHECK(refused.text("pointer").find('/') == 0);
  }
  CHECK(text(hub.deviceState("d1"), "name") == "Bench");
}

TEST_CASE("Who loses a device by its labels loses its pages, its place and the sight of it at once") {
  TestHub hub;
  hub.device("d1");
  REQUIRE(patch(hub, R"({"labels":["lab"]})").status == 200);
  const std::string mia = member(hub);
  auto page = hub.page(mia);
  // Only now: an agent that says nothing while passwords are hashed is offline by then.
  ScriptedAgent agent(hub, "d1");
  agent.online();
  page.send(R"({"type":"watch_list"})");
  CHECK(page.get("devices")->getArray("devices")->size() == 1);
  page.send(R"({"type":"join","device":"d1","ref":"1"})");
  page.get("ok");
  const auto active =
      page.get("you", [](const json::Object& each) { return json::getString(each, "state") == "active"; });
  CHECK(active->getObject("can")->getValue<bool>("play"));
  CHECK_FALSE(active->getObject("can")->getValue<bool>("moderate"));

  REQUIRE(patch(hub, R"({"labels":["kitchen"]})").status == 200);
  CHECK(text(page.get("device_gone"), "device") == "d1");
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d1/turn").json->isNull("holder"));
  CHECK(hub.get("/api/v1/devices/d1", mia).status == 404);
  CHECK(hub.get("/api/v1/devices", mia).json->getArray("devices")->size() == 0);
  page.send(R"({"type":"stop","device":"d1","ref":"2"})");
  CHECK(text(page.get("error"), "code") == "not_found");
  // Nothing more comes of it, though much happens there.
  page.forget();
  REQUIRE(patch(hub, R"({"name":"Hidden"})").status == 200);
  REQUIRE(hub.asAdministrator("POST", "/api/v1/stop", "{}").status == 202);
  page.send(R"({"type":"ping"})");
  page.get("pong");
  CHECK(page.waiting("device") == 0);
  CHECK(page.waiting("event") == 0);
  // And it is back with its label.
  REQUIRE(patch(hub, R"({"labels":["lab"]})").status == 200);
  CHECK(text(page.get("device")->getObject("device"), "name") == "Hidden");
}

TEST_CASE("Who loses a device by its labels sees no more of its pictures, and whoever may still watch it does") {
  TestHub hub;
  hub.device("d1");
  REQUIRE(patch(hub, R"({"labels":["lab"]})").status == 200);
  const std::string mia = member(hub), ada = hub.guest("Ada");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  net::test::RawPeer lost(hub.port), kept(hub.port);
  for (const auto& [peer, cookie] : {std::pair(&lost, mia), std::pair(&kept, ada)}) {
    peer->say(requestText({.target = "/api/v1/devices/d1/streams/main.mjpeg", .cookie = cookie}, hub.port));
    peer->until("--robohub-picture\r\n");
  }
  REQUIRE(patch(hub, R"({"labels":["lab","hall"]})").status == 200);
  CHECK_FALSE(lost.closedWithin(50));
  REQUIRE(patch(hub, R"({"labels":["kitchen"]})").status == 200);
  CHECK(lost.closedWithin(2000 * robohub::test::kSlowness));
  CHECK_FALSE(kept.closedWithin(50));
}

TEST_CASE("Stop for all stops what one may stop, and nothing else") {
  TestHub hub;
  hub.device("d1");
  hub.device("d2");
  REQUIRE(patch(hub, R"({"labels":["lab"]})").status == 200);
  const std::string mia = member(hub);
  const Answer stopped = hub.post("/api/v1/stop", "{}", mia);
  REQUIRE(stopped.json);
  CHECK(stopped.json->getArray("devices")->size() == 1);
  CHECK(text(hub.deviceState("d1")->getObject("stop"), "state") != "none");
  CHECK(text(hub.deviceState("d2")->getObject("stop"), "state") == "none");
}

TEST_CASE("A new claim code is for devices that nobody has claimed") {
  TestHub hub;
  hub.device("d1");
  const std::string first = hub.enrol("d2");
  CHECK(hub.asAdministrator("POST", "/api/v1/devices/d1/claim-code").status == 409);
  const Answer renewed = hub.asAdministrator("POST", "/api/v1/devices/d2/claim-code");
  REQUIRE(renewed.status == 200);
  CHECK(renewed.text("claim_code") != first);
  CHECK(renewed.text("agent_yaml").find(renewed.text("claim_code")) != std::string::npos);
  const auto claim = [&](const std::string& code) {
    return hub.post("/api/v1/agent/claim", R"({"device":"d2","code":")" + code + R"(","key":")" + kKey + "\"}").status;
  };
  CHECK(claim(first) == 403);
  CHECK(claim(renewed.text("claim_code")) == 200);
}

TEST_CASE("Installed plugins are listed with the devices that use them") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  const auto plugins = hub.asAdministrator("GET", "/api/v1/plugins").json->getArray("plugins");
  bool found = false;
  for (unsigned i = 0; i < plugins->size(); ++i) {
    const auto each = plugins->getObject(i);
    if (text(each, "id") != "test_good") continue;
    found = true;
    CHECK(text(each, "version") == "1.0.0");
    CHECK(text(each, "sha256").size() == 64);
    CHECK(json::getInt(*each, "devices").value_or(0) == 1);
    CHECK(each->getArray("types")->getElement<std::string>(0) == "test_good");
  }
  CHECK(found);
}

TEST_CASE("A program that names its turn is refused once that is over") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  const std::string ada = hub.guest("Ada");
  REQUIRE(hub.post("/api/v1/devices/d1/turn", "", ada).status == 200);
  std::int64_t epoch = 0;
  REQUIRE(eventually([&] {
    epoch = json::getInt(*hub.get("/api/v1/devices/d1/turn", ada).json, "epoch").value_or(0);
    return epoch > 0;
  }));
  const auto command = [&](const std::string& named) {
    return hub.ask({.method = "POST",
                    .target = "/api/v1/devices/d1/commands/on?wait_ms=0",
                    .body = R"({"on":true})",
                    .cookie = ada,
                    .more = {"Robohub-Epoch: " + named}});
  };
  CHECK(command(std::to_string(epoch)).status == 202);
  REQUIRE(hub.ask({.method = "DELETE", .target = "/api/v1/devices/d1/turn", .cookie = ada}).status == 200);
  const Answer late = command(std::to_string(epoch));
  INFO(late.body);
  CHECK(late.text("code") == "stale");
  for (const char* wrong : {"x", "-1", "1.5", "99999999999999999999"}) CHECK(command(wrong).status == 400);
}
