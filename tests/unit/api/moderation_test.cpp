// Moderators over HTTP and the live socket: what they do to a line, whom they keep out, and what others then see of it.
#include <catch2/catch.hpp>

#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

std::string text(const json::Object::Ptr& object, const std::string& key) {
  return object ? json::getString(*object, key).value_or("") : "";
}

std::string personOf(const TestHub& hub, const std::string& cookie) {
  return text(hub.get("/api/v1/session", cookie).json->getObject("person"), "id");
}

Answer put(const TestHub& hub, const std::string& body, const std::string& device = "d1") {
  return hub.asAdministrator("PUT", "/api/v1/devices/" + device + "/turn", body);
}

Answer join(const TestHub& hub, const std::string& cookie) {
  return hub.post("/api/v1/devices/d1/turn", "", cookie);
}

std::string holder(const TestHub& hub) {
  const auto turn = hub.asAdministrator("GET", "/api/v1/devices/d1/turn").json;
  return turn->isNull("holder") ? "" : text(turn->getObject("holder"), "name");
}

bool audited(const TestHub& hub, const std::string& action) {
  return eventually([&] {
    return hub.asAdministrator("GET", "/api/v1/audit?action=" + action).json->getArray("entries")->size() > 0;
  });
}

const auto kReason = [](const char* reason) {
  return [reason](const json::Object& you) { return json::getString(you, "reason").value_or("") == reason; };
};

}  // namespace

TEST_CASE("A moderator skips, removes and holds over HTTP, and the pages concerned are told why") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  const std::string ada = hub.guest("Ada"), bob = hub.guest("Bob"), cleo = hub.guest("Cleo");
  auto page = hub.page(ada);
  page.send(R"({"type":"join","device":"d1","ref":"1"})");
  page.get("ok");
  REQUIRE(eventually([&] { return holder(hub) == "Ada"; }));
  REQUIRE(join(hub, bob).status == 200);
  REQUIRE(join(hub, cleo).status == 200);

  CHECK(put(hub, R"({"action":"skip","person":")" + personOf(hub, bob) + "\"}").status == 409);
  const Answer removed = put(hub, R"({"action":"remove","person":")" + personOf(hub, cleo) + "\"}");
  CHECK(removed.status == 200);
  CHECK(removed.json->getArray("waiting")->size() == 1);
  const Answer held = put(hub, R"({"action":"hold","reason":"cleaning"})");
  CHECK(text(held.json->getObject("held"), "reason") == "cleaning");
  CHECK(put(hub, R"({"action":"skip"})").status == 200);
  CHECK(page.get("you", kReason("skipped")));
  CHECK(holder(hub).empty());
  CHECK(put(hub, R"({"action":"release"})").status == 200);
  CHECK(eventually([&] { return holder(hub) == "Bob"; }));
  for (const char* action : {"turn.skip", "turn.remove", "turn.hold", "turn.release", "turn.begin", "turn.end"}) {
    INFO(action);
    CHECK(audited(hub, action));
  }
  for (const char* body :
       {"{}", R"({"action":"dance"})", R"({"action":"remove"})", R"({"action":"ban","person":"g-1"})",
        R"({"action":"skip","person":"no person"})", R"({"action":"hold","reason":5})"}) {
    INFO(body);
    CHECK(put(hub, body).status == 400);
  }
}

TEST_CASE("A moderator who takes over on the page drives from that page, through a hold") {
  TestHub hub;
  hub.device("d1");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  const std::string root = hub.administrator(), ada = hub.guest("Ada");
  REQUIRE(join(hub, ada).status == 200);
  REQUIRE(eventually([&] { return holder(hub) == "Ada"; }));
  auto page = hub.page(root);
  page.send(R"({"type":"moderate","device":"d1","action":"hold","ref":"1"})");
  page.get("ok");
  page.send(R"({"type":"moderate","device":"d1","action":"take_over","ref":"2"})");
  CHECK(page.get("driver", [](const json::Object& each) { return json::getBool(each, "you").value_or(false); }));
  const auto you = page.get("you", [](const json::Object& each) { return json::getString(each, "state") == "active"; });
  CHECK(json::getInt(*you, "epoch").value_or(0) > 0);
  CHECK(you->getObject("can")->getValue<bool>("moderate"));
  CHECK(holder(hub) == "root");
  // A guest's page says that it may not.
  auto guest = hub.page(ada);
  guest.send(R"({"type":"moderate","device":"d1","action":"release","ref":"3"})");
  CHECK(text(guest.get("error"), "code") == "permission_denied");
  CHECK(audited(hub, "turn.take_over"));
}

TEST_CASE("A guest who is banned from a device is out of its line and may not come back, but elsewhere he may") {
  TestHub hub;
  hub.device("d1");
  hub.device("d2");
  ScriptedAgent agent(hub, "d1");
  agent.online();
  const std::string ada = hub.guest("Ada");
  auto page = hub.page(ada);
  page.send(R"({"type":"join","device":"d1","ref":"1"})");
  page.get("ok");
  REQUIRE(eventually([&] { return holder(hub) == "Ada"; }));
  const Answer banned =
      put(hub, R"({"action":"ban","for_ms":600000,"reason":"throws darts","person":")" + personOf(hub, ada) + "\"}");
  REQUIRE(banned.status == 200);
  CHECK(banned.json->isNull("holder"));
  CHECK(page.get("you", kReason("removed")));
  const Answer again = join(hub, ada);
  CHECK(again.status == 403);
  CHECK(again.text("detail").find("throws darts") != std::string::npos);
  CHECK(hub.post("/api/v1/devices/d1/commands/add", R"({"a":1,"b":2})", ada).status == 403);
  CHECK(hub.post("/api/v1/devices/d2/turn", "", ada).status == 200);
  CHECK(hub.get("/api/v1/devices/d1", ada).status == 200);  // to watch is not to drive

  const auto list = hub.asAdministrator("GET", "/api/v1/devices/d1/bans").json->getArray("bans");
  REQUIRE(list->size() == 1);
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d2/bans").json->getArray("bans")->size() == 0);
  const std::string id = std::to_string(json::getInt(*list->getObject(0), "id").value());
  CHECK(hub.ask({.method = "DELETE", .target = "/api/v1/bans/" + id, .cookie = ada}).status == 404);
  CHECK(hub.asAdministrator("DELETE", "/api/v1/bans/" + id).status == 204);
  CHECK(hub.asAdministrator("DELETE", "/api/v1/bans/" + id).status == 404);
  CHECK(join(hub, ada).status == 200);
  CHECK(audited(hub, "ban.add"));
  CHECK(audited(hub, "ban.remove"));
}

TEST_CASE("A guest who is banned from the hub is out everywhere, also after a restart") {
  TestHub hub;
  hub.device("d1");
  const std::string ada = hub.guest("Ada"), bob = hub.guest("Bob");
  auto page = hub.page(ada);
  page.get("welcome");
  REQUIRE(join(hub, ada).status == 200);
  const std::string id = personOf(hub, ada);
  const Answer ban = hub.asAdministrator("POST", "/api/v1/bans", R"({"for_ms":600000,"person":")" + id + "\"}");
  REQUIRE(ban.status == 201);
  CHECK(ban.json->isNull("device"));
  CHECK(page.closeCode() == 1008);
  const auto outside = [&](const std::string& target) { return hub.get(target, ada).status; };
  CHECK((outside("/api/v1/devices") == 403 || outside("/api/v1/devices") == 401));
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d1/turn").json->getArray("waiting")->size() == 0);
  CHECK(hub.get("/api/v1/devices", bob).status == 200);
  hub.stop();
  hub.start();
  CHECK(outside("/api/v1/devices") == 403);
  CHECK(hub.get("/api/v1/session", ada).json->isNull("person"));
  // He may still let go of the cookie, which stands for nobody now.
  const Answer out = hub.ask({.method = "DELETE", .target = "/api/v1/session", .cookie = ada});
  CHECK(out.status == 204);
  CHECK(TestHub::cookieOf(out) == "robohub_session=");
  CHECK(hub.asAdministrator("POST", "/api/v1/bans", R"({"for_ms":600000,"person":"u-1"})").status == 400);
  CHECK(hub.asAdministrator("POST", "/api/v1/bans", R"({"for_ms":600000,"person":"g-none"})").status == 404);
  CHECK(hub.asAdministrator("POST", "/api/v1/bans", R"({"for_ms":1,"person":")" + id + "\"}").status == 400);
}
