// A right that is taken back ends what was opened under it within two seconds: the live socket, the pictures, the turn.
// And nothing else does.
#include <catch2/catch.hpp>

#include "support/slowness.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

constexpr const char* kPassword = "correct horse";
constexpr int kWithinMs = 2000 * robohub::test::kSlowness;

std::string text(const json::Object& object, const std::string& key) {
  return json::getString(object, key).value_or("");
}
WebSocketPeer::Fits state(const std::string& wanted) {
  return [wanted](const json::Object& each) { return text(each, "state") == wanted; };
}

// A hub with d1 and d2, their agents, and bob, who may what the test says.
struct Scene {
  explicit Scene(const std::string& role, const std::function<void(hub::Settings&)>& change = {})
      : hub(change), agent(hub, "d1"), other_agent(hub, "d2") {
    hub.device("d1");
    hub.device("d2");
    agent.online();
    other_agent.online();
    admin("POST", "/api/v1/users", R"({"username":"bob","role":")" + role + R"(","password":")" + kPassword + "\"}",
          201);
  }
  Answer admin(const std::string& method, const std::string& target, const std::string& body = "", int status = 204) {
    Answer answer = hub.asAdministrator(method, target, body);
    INFO(method << " " << target << ": " << answer.body);
    CHECK(answer.status == status);
    return answer;
  }
  std::string signIn(const std::string& password = kPassword) {
    const Answer answer = hub.post("/api/v1/session", R"({"username":"bob","password":")" + password + "\"}");
    REQUIRE(answer.status == 200);
    return TestHub::cookieOf(answer);
  }
  std::string holder(const std::string& device = "d1") {
    const auto turn = hub.deviceState(device)->getObject("turn");
    return turn->isNull("holder") ? "" : text(*turn->getObject("holder"), "id");
  }

  TestHub hub;
  ScriptedAgent agent, other_agent;
};

// What somebody has open: a live socket that holds the turn of d1, and the pictures of d1.
struct Open {
  Open(Scene& scene, WebSocketPeer socket, const std::vector<std::string>& headers)
      : page(std::move(socket)), pictures(scene.hub.port) {
    page.get("welcome");
    page.send(R"({"type":"join","device":"d1"})");
    page.get("you", state("active"));
    pictures.say(requestText({.target = "/api/v1/devices/d1/streams/main.mjpeg", .more = headers}, scene.hub.port));
    pictures.until("--robohub-picture\r\n");
  }
  Open(Scene& scene, const std::string& cookie) : Open(scene, scene.hub.page(cookie), {"Cookie: " + cookie}) {}

  bool goesOn() {
    page.send(R"({"type":"ping"})");
    return page.get("pong") != nullptr && !pictures.closedWithin(50);
  }
  WebSocketPeer page;
  net::test::RawPeer pictures;
};

struct Timer {
  ~Timer() { CHECK(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(kWithinMs)); }
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
};

// All three end, in time.
void allEnd(Scene& scene, Open& open, int code, const std::function<void()>& take) {
  REQUIRE_FALSE(scene.holder().empty());
  const Timer timer;
  take();
  CHECK(open.page.closeCode() == code);
  CHECK(open.pictures.closedWithin(kWithinMs));
  CHECK(eventually([&] { return scene.holder().empty(); }));
}

}  // namespace

TEST_CASE("Whoever is removed, disabled, or given a password by somebody else is out at once") {
  struct Request {
    const char *method, *target, *body;
    int status;
  };
  for (const Request& request : {Request{"DELETE", "/api/v1/users/bob", "", 204},
                                 Request{"PATCH", "/api/v1/users/bob", R"({"disabled":true})", 200},
                                 Request{"PUT", "/api/v1/users/bob/password", "{}", 200}}) {
    INFO(request.method << " " << request.target);
    Scene scene("player");
    const std::string cookie = scene.signIn();
    Open open(scene, cookie);
    allEnd(scene, open, 1008, [&] { scene.admin(request.method, request.target, request.body, request.status); });
    CHECK(scene.hub.get("/api/v1/devices", cookie).status == 401);
  }
}

TEST_CASE("A role that shrinks ends the turn and what may no longer be watched, and the page is told to come back") {
  Scene scene("player");
  const std::string cookie = scene.signIn();
  {
    Open open(scene, cookie);
    const Timer timer;
    scene.admin("PATCH", "/api/v1/users/bob", R"({"role":"viewer"})", 200);
    CHECK(open.page.closeCode() == 4003);
    CHECK(eventually([&] { return scene.holder().empty(); }));
    // Pictures may still be watched, so they go on.
    CHECK_FALSE(open.pictures.closedWithin(50));
    scene.admin("PATCH", "/api/v1/users/bob", R"({"role":"member"})", 200);
    CHECK(open.pictures.closedWithin(kWithinMs));
  }
  // The session is still there.
  CHECK(scene.hub.get("/api/v1/session", cookie).json->getObject("person")->getValue<std::string>("role") == "member");
}

TEST_CASE("A grant that is taken back ends what was done under it, on that device only") {
  Scene scene("viewer");
  const auto grant = [&](const std::string& device) {
    const Answer added =
        scene.admin("POST", "/api/v1/users/bob/grants",
                    R"({"permission":"play","scope":{"kind":"device","value":")" + device + "\"}}", 201);
    return added.json->getValue<std::int64_t>("id");
  };
  const auto first = grant("d1"), second = grant("d2");
  Open open(scene, scene.signIn());
  auto there = scene.hub.page(scene.signIn());
  there.send(R"({"type":"join","device":"d2"})");
  there.get("you", state("active"));
  const Timer timer;
  scene.admin("DELETE", "/api/v1/users/bob/grants/" + std::to_string(first));
  CHECK(open.page.closeCode() == 4003);
  CHECK(eventually([&] { return scene.holder("d1").empty(); }));
  CHECK_FALSE(open.pictures.closedWithin(50));
  CHECK(scene.holder("d2") == "u-1");
  scene.admin("DELETE", "/api/v1/users/bob/grants/" + std::to_string(second));
  CHECK(eventually([&] { return scene.holder("d2").empty(); }));
}

TEST_CASE("A right that only grows interrupts nobody who drives, and is told to whoever does not") {
  Scene scene("player");
  const std::string cookie = scene.signIn();
  Open open(scene, cookie);
  scene.admin("POST", "/api/v1/users/bob/grants", R"({"permission":"moderate","scope":{"kind":"device","value":"d2"}})",
              201);
  CHECK(open.goesOn());
  CHECK(scene.holder() == "u-1");
  open.page.send(R"({"type":"leave","device":"d1"})");
  CHECK(eventually([&] { return scene.holder().empty(); }));
  scene.admin("PATCH", "/api/v1/users/bob", R"({"role":"administrator"})", 200);
  CHECK(open.page.closeCode() == 4003);
  CHECK_FALSE(open.pictures.closedWithin(50));
}

TEST_CASE("Ending a session ends what it has open, and leaves another window of the same person alone") {
  Scene scene("player");
  const std::string here = scene.signIn(), there = scene.signIn();
  auto window = scene.hub.page(there);
  window.get("welcome");
  Open open(scene, here);
  const auto sessions = scene.hub.get("/api/v1/account/sessions", here).json->getArray("sessions");
  REQUIRE(sessions->size() == 2);
  std::string id;
  for (unsigned i = 0; i < 2; ++i)
    if (sessions->getObject(i)->getValue<bool>("current")) id = text(*sessions->getObject(i), "id");
  {
    const Timer timer;
    scene.admin("DELETE", "/api/v1/users/bob/sessions/" + id);
    CHECK(open.page.closeCode() == 1008);
    CHECK(open.pictures.closedWithin(kWithinMs));
  }
  window.send(R"({"type":"ping"})");
  CHECK(window.get("pong"));
  // The turn is his, and another window of his is here: it lasts as long as a lost connection may.
  CHECK(scene.hub.get("/api/v1/session", there).json->getObject("person"));
  scene.admin("DELETE", "/api/v1/users/bob/sessions");
  CHECK(window.closeCode() == 1008);
  CHECK(eventually([&] { return scene.holder().empty(); }));
}

TEST_CASE("The only session that is ended ends the turn") {
  Scene scene("player");
  Open open(scene, scene.signIn());
  allEnd(scene, open, 1008, [&] { scene.admin("DELETE", "/api/v1/users/bob/sessions"); });
}

TEST_CASE("A program's socket by ticket and its pictures end with its token, and with its owner's rights") {
  for (const bool removed : {true, false}) {
    INFO(removed);
    Scene scene("player");
    const Answer made = scene.admin("POST", "/api/v1/tokens?user=bob",
                                    R"({"name":"arm","permissions":["play"],"expires_in_days":1})", 201);
    const std::string bearer = "Authorization: Bearer " + made.text("secret");
    const Answer ticket = scene.hub.ask({.method = "POST", .target = "/api/v1/tickets", .more = {bearer}});
    REQUIRE(ticket.status == 200);
    CHECK(ticket.json->getValue<int>("expires_in_ms") == 10'000);
    const std::string target = "/api/v1/live?ticket=" + ticket.text("ticket");
    Open open(scene, WebSocketPeer(scene.hub.port, target, {}), {bearer});
    CHECK(scene.holder() == "t-1");
    CHECK(WebSocketPeer(scene.hub.port, target, {}).status() == 401);
    if (removed) {
      allEnd(scene, open, 1008, [&] { scene.admin("DELETE", "/api/v1/tokens/1"); });
      CHECK(scene.hub.ask({.target = "/api/v1/devices", .more = {bearer}}).status == 401);
    } else {
      allEnd(scene, open, 4003, [&] { scene.admin("PATCH", "/api/v1/users/bob", R"({"role":"member"})", 200); });
      CHECK(scene.hub.ask({.target = "/api/v1/devices/d1", .more = {bearer}}).status == 404);
    }
  }
}

TEST_CASE("A right that was taken back counts for the very next message of a socket that is still open") {
  Scene scene("player");
  auto page = scene.hub.page(scene.signIn());
  page.get("welcome");
  scene.admin("PATCH", "/api/v1/users/bob", R"({"role":"member"})", 200);
  page.send(R"({"type":"join","device":"d1","ref":"j"})");
  // Refused, or closed before it was read; never taken.
  try {
    const auto error = page.get("error");
    CHECK((text(*error, "code") == "not_found" || text(*error, "code") == "permission_denied"));
  } catch (const std::runtime_error&) {
    CHECK(page.closeCode() == 4003);
  }
  CHECK(scene.holder().empty());
}
