// Coming in and going out: guests, the first administrator, accounts.
#include <catch2/catch.hpp>

#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

TEST_CASE("A guest gives a name and may what the settings say") {
  TestHub hub;
  const Answer before = hub.get("/api/v1/session");
  CHECK(before.status == 200);
  CHECK(before.json->isNull("person"));
  CHECK_FALSE(before.json->getObject("can")->getValue<bool>("watch"));
  CHECK(before.json->getObject("guests")->getValue<bool>("play"));
  CHECK(before.json->getValue<bool>("setup_needed"));

  const Answer in = hub.post("/api/v1/session", "{\"guest\":\" Ada \"}");
  CHECK(in.status == 200);
  const auto person = in.json->getObject("person");
  CHECK(person->getValue<std::string>("name") == "Ada");
  CHECK(person->getValue<std::string>("kind") == "guest");
  CHECK(person->getValue<std::string>("role") == "guest");
  CHECK(in.json->getObject("can")->getValue<bool>("play"));
  CHECK_FALSE(in.json->getObject("can")->getValue<bool>("administer"));
  const std::string field(in.headers.get("Set-Cookie"));
  CHECK(field.find("HttpOnly") != std::string::npos);
  CHECK(field.find("SameSite=Strict") != std::string::npos);
  CHECK(field.find("Path=/") != std::string::npos);

  const Answer after = hub.get("/api/v1/session", TestHub::cookieOf(in));
  CHECK(after.json->getObject("person")->getValue<std::string>("id") == person->getValue<std::string>("id"));
  CHECK(hub.get("/api/v1/session", "robohub_session=g1.nonsense").json->isNull("person"));
}

TEST_CASE("Where guests may do nothing nobody comes in by a name") {
  TestHub hub([](hub::Settings& settings) { settings.identity.access = {false, true}; });
  CHECK(hub.post("/api/v1/session", "{\"guest\":\"Ada\"}").status == 403);
  CHECK_FALSE(hub.get("/api/v1/session").json->getObject("guests")->getValue<bool>("play"));
}

TEST_CASE("The first administrator comes in by the one-time code, once") {
  TestHub hub;
  REQUIRE(hub.hub->administratorCode());
  CHECK(hub.hub->administratorCodeIsNew());
  const auto setUp = [&](const std::string& code, const std::string& name, const std::string& password) {
    return hub.post("/api/v1/setup",
                    "{\"code\":\"" + code + "\",\"username\":\"" + name + "\",\"password\":\"" + password + "\"}");
  };
  const std::string code = *hub.hub->administratorCode();
  const Answer wrong = setUp("AAAA-AAAA-AAAA", "root", "correct horse");
  CHECK(wrong.status == 403);
  CHECK(wrong.text("pointer") == "/code");
  CHECK(setUp(code, "No Name", "correct horse").text("pointer") == "/username");
  CHECK(setUp(code, "root", "short").text("pointer") == "/password");
  CHECK(hub.get("/api/v1/session").json->getValue<bool>("setup_needed"));

  const Answer in = setUp(code, "root", "correct horse");
  CHECK(in.status == 200);
  CHECK(in.json->getObject("person")->getValue<std::string>("role") == "administrator");
  CHECK(in.json->getObject("can")->getValue<bool>("administer"));
  CHECK_FALSE(in.json->getValue<bool>("setup_needed"));
  CHECK_FALSE(hub.hub->administratorCode());
  CHECK(setUp(code, "eve", "correct horse").status == 409);

  const auto signIn = [&](const std::string& name, const std::string& password) {
    return hub.post("/api/v1/session", "{\"username\":\"" + name + "\",\"password\":\"" + password + "\"}");
  };
  const Answer bad = signIn("root", "wrong horse");
  CHECK(bad.status == 401);
  CHECK(bad.text("detail") == signIn("nobody", "wrong horse").text("detail"));
  CHECK_FALSE(bad.headers.has("Set-Cookie"));
  const Answer good = signIn("root", "correct horse");
  CHECK(good.status == 200);

  // Both sessions survive a restart, and one of them ends alone.
  hub.stop();
  hub.start();
  const std::string first = TestHub::cookieOf(in), second = TestHub::cookieOf(good);
  CHECK_FALSE(hub.get("/api/v1/session", first).json->isNull("person"));
  const Answer out = hub.ask({.method = "DELETE", .target = "/api/v1/session", .cookie = first});
  CHECK(out.status == 204);
  CHECK(std::string(out.headers.get("Set-Cookie")).find("Max-Age=0") != std::string::npos);
  CHECK(hub.get("/api/v1/session", first).json->isNull("person"));
  CHECK_FALSE(hub.get("/api/v1/session", second).json->isNull("person"));
  CHECK(hub.get("/api/v1/devices", first).status == 401);
}

TEST_CASE("Who signs in as somebody else ends the session that the browser had, and what is open under it") {
  TestHub hub;
  const std::string ada = hub.guest("Ada"), root = hub.administrator();
  const auto signIn = [&](const std::string& password, const std::string& cookie) {
    return hub.post("/api/v1/session", "{\"username\":\"root\",\"password\":\"" + password + "\"}", cookie);
  };
  const auto nobody = [&](const std::string& cookie) {
    return hub.get("/api/v1/session", cookie).json->isNull("person");
  };
  auto of_ada = hub.page(ada), of_root = hub.page(root);
  of_ada.get("welcome");
  of_root.get("welcome");

  // Who is refused has signed in as nobody, and the same person once more is no other one.
  CHECK(signIn("wrong horse", ada).status == 401);
  const Answer again = signIn("correct horse", root);
  CHECK(again.status == 200);

  const Answer in = signIn("correct horse", ada);
  CHECK(in.status == 200);
  CHECK(of_ada.closeCode() == 1008);
  CHECK(nobody(ada));
  CHECK_FALSE(nobody(TestHub::cookieOf(in)));

  const Answer bob = hub.post("/api/v1/session", R"({"guest":"Bob"})", TestHub::cookieOf(in));
  CHECK(bob.status == 200);
  CHECK(eventually([&] { return nobody(TestHub::cookieOf(in)); }));
  CHECK_FALSE(nobody(TestHub::cookieOf(bob)));

  // The account's other sessions, in other browsers, go on.
  CHECK_FALSE(nobody(root));
  CHECK_FALSE(nobody(TestHub::cookieOf(again)));
  of_root.send(R"({"type":"ping"})");
  CHECK(of_root.get("pong"));
}

TEST_CASE("Wrong passwords again and again have to wait") {
  TestHub hub;
  Answer answer;
  int tries = 0;
  do answer = hub.post("/api/v1/session", "{\"username\":\"root\",\"password\":\"wrong horse\"}");
  while (answer.status == 401 && ++tries < 20);
  CHECK(answer.status == 429);
  CHECK(answer.text("code") == "exhausted");
  CHECK(tries < 10);
}

TEST_CASE("Signing out without a session changes nothing") {
  TestHub hub;
  CHECK(hub.ask({.method = "DELETE", .target = "/api/v1/session"}).status == 204);
}
