// The routes of accounts, grants, sessions and tokens: what they answer, and what they refuse.
#include <catch2/catch.hpp>

#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

constexpr const char* kPassword = "correct horse";

// root (by the one-time code) and bob, a member.
struct Town {
  Town() : root(hub.administrator()) {
    CHECK(
        as(root, "POST", "/api/v1/users", R"({"username":"bob","role":"member","password":"correct horse"})").status ==
        201);
    bob = signIn("bob");
  }
  Answer as(const std::string& cookie, const std::string& method, const std::string& target,
            const std::string& body = "") const {
    return hub.ask({.method = method, .target = target, .body = body, .cookie = cookie});
  }
  Answer by(const std::string& bearer, const std::string& method, const std::string& target,
            const std::string& body = "") const {
    return hub.ask({.method = method, .target = target, .body = body, .more = {"Authorization: Bearer " + bearer}});
  }
  std::string signIn(const std::string& name, const std::string& password = kPassword) const {
    const Answer answer =
        hub.post("/api/v1/session", R"({"username":")" + name + R"(","password":")" + password + "\"}");
    return answer.status == 200 ? TestHub::cookieOf(answer) : "";
  }
  TestHub hub;
  std::string root, bob;
};

}  // namespace

TEST_CASE("Administrators add, list, change and remove accounts") {
  const Town town;
  const Answer list = town.as(town.root, "GET", "/api/v1/users");
  REQUIRE(list.status == 200);
  const auto users = list.json->getArray("users");
  REQUIRE(users->size() == 2);
  const auto bob = users->getObject(0), root = users->getObject(1);
  CHECK(bob->getValue<std::string>("username") == "bob");
  CHECK(bob->getValue<std::string>("id") == "u-2");
  CHECK(bob->getValue<std::string>("role") == "member");
  CHECK_FALSE(bob->getValue<bool>("disabled"));
  CHECK(bob->getValue<int>("sessions") == 1);
  CHECK(bob->getValue<int>("tokens") == 0);
  CHECK(bob->getValue<bool>("has_password"));
  CHECK_FALSE(bob->getValue<bool>("oidc"));
  CHECK(bob->getArray("grants")->size() == 0);
  CHECK(root->getValue<std::int64_t>("last_seen_ms") > 1'600'000'000'000);
  CHECK(root->getValue<std::int64_t>("created_at_ms") > 1'600'000'000'000);

  const Answer made = town.as(town.root, "POST", "/api/v1/users", R"({"username":"eve","role":"viewer"})");
  REQUIRE(made.status == 201);
  CHECK(made.json->getObject("user")->getValue<std::string>("username") == "eve");
  CHECK_FALSE(town.signIn("eve", made.text("password")).empty());
  CHECK_FALSE(town.as(town.root, "GET", "/api/v1/users/eve").json->has("password"));

  const auto refused = [&](const std::string& body) {
    const Answer answer = town.as(town.root, "POST", "/api/v1/users", body);
    return std::to_string(answer.status) + answer.text("pointer");
  };
  CHECK(refused(R"({"username":"eve","role":"viewer"})") == "409/username");
  CHECK(refused(R"({"username":"No Name","role":"viewer"})") == "400/username");
  CHECK(refused(R"({"username":"max","role":"guest"})") == "400/role");
  CHECK(refused(R"({"username":"max","role":"root"})") == "400/role");
  CHECK(refused(R"({"username":"max"})") == "400/role");
  CHECK(refused(R"({"role":"viewer"})") == "400/username");
  CHECK(refused(R"({"username":"max","role":"viewer","password":"short"})") == "400/password");
  CHECK(refused(R"({"username":"max","role":"viewer","password":7})") == "400/password");

  const Answer changed = town.as(town.root, "PATCH", "/api/v1/users/eve", R"({"role":"player","disabled":true})");
  CHECK(changed.status == 200);
  CHECK(changed.text("role") == "player");
  CHECK(changed.json->getValue<bool>("disabled"));
  CHECK(town.as(town.root, "PATCH", "/api/v1/users/eve", "{}").status == 400);
  CHECK(town.as(town.root, "PATCH", "/api/v1/users/eve", R"({"disabled":"no"})").text("pointer") == "/disabled");
  CHECK(town.as(town.root, "PATCH", "/api/v1/users/eve", R"({"role":"guest"})").text("pointer") == "/role");
  CHECK(town.as(town.root, "PATCH", "/api/v1/users/nobody", R"({"role":"player"})").status == 404);
  CHECK(town.as(town.root, "PATCH", "/api/v1/users/root", R"({"role":"player"})").status == 409);
  CHECK(town.as(town.root, "PATCH", "/api/v1/users/root", R"({"disabled":true})").status == 409);
  CHECK(town.as(town.root, "DELETE", "/api/v1/users/root").status == 409);
  CHECK(town.as(town.root, "DELETE", "/api/v1/users/eve").status == 204);
  CHECK(town.as(town.root, "DELETE", "/api/v1/users/eve").status == 404);
  CHECK(town.as(town.root, "GET", "/api/v1/users/eve").status == 404);

  const Answer password = town.as(town.root, "PUT", "/api/v1/users/bob/password", "{}");
  CHECK(password.status == 200);
  CHECK(town.as(town.bob, "GET", "/api/v1/account").status == 401);
  CHECK_FALSE(town.signIn("bob", password.text("password")).empty());
  CHECK(town.as(town.root, "PUT", "/api/v1/users/bob/password", R"({"password":"short"})").text("pointer") ==
        "/password");
  CHECK(town.as(town.root, "PUT", "/api/v1/users/nobody/password", "{}").status == 404);
}

TEST_CASE("Grants are given and taken back, each once") {
  const Town town;
  const auto give = [&](const std::string& body, const std::string& name = "bob") {
    return town.as(town.root, "POST", "/api/v1/users/" + name + "/grants", body);
  };
  const std::string body = R"({"permission":"play","scope":{"kind":"device","value":"d1"}})";
  const Answer given = give(body);
  REQUIRE(given.status == 201);
  CHECK(given.text("permission") == "play");
  CHECK(given.text("created_by") == "root");
  CHECK(given.json->getObject("scope")->getValue<std::string>("value") == "d1");
  CHECK(give(body).status == 409);
  CHECK(give(body, "nobody").status == 404);
  const auto pointer = [&](const std::string& wrong) { return give(wrong).text("pointer"); };
  CHECK(pointer(R"({"permission":"stop","scope":{"kind":"device","value":"d1"}})") == "/permission");
  CHECK(pointer(R"({"scope":{"kind":"device","value":"d1"}})") == "/permission");
  CHECK(pointer(R"({"permission":"play"})") == "/scope");
  CHECK(pointer(R"({"permission":"play","scope":"d1"})") == "/scope");
  CHECK(pointer(R"({"permission":"play","scope":{"kind":"hub","value":"d1"}})") == "/scope/kind");
  CHECK(pointer(R"({"permission":"play","scope":{"kind":"device"}})") == "/scope/value");
  CHECK(pointer(R"({"permission":"play","scope":{"kind":"device","value":"D 1"}})") == "/scope/value");
  const auto account = town.as(town.bob, "GET", "/api/v1/account");
  REQUIRE(account.json->getArray("grants")->size() == 1);
  const std::string id = std::to_string(given.json->getValue<int>("id"));
  CHECK(town.as(town.root, "DELETE", "/api/v1/users/root/grants/" + id).status == 404);
  for (const char* wrong : {"0", "-1", "x", "999", "1e3", "99999999999999999999"})
    CHECK(town.as(town.root, "DELETE", std::string("/api/v1/users/bob/grants/") + wrong).status == 404);
  CHECK(town.as(town.root, "DELETE", "/api/v1/users/bob/grants/" + id).status == 204);
  CHECK(town.as(town.root, "DELETE", "/api/v1/users/bob/grants/" + id).status == 404);
}

TEST_CASE("One's own account: who I am, my password, my sessions") {
  const Town town;
  const Answer account = town.as(town.bob, "GET", "/api/v1/account");
  CHECK(account.text("username") == "bob");
  const Answer session = town.as(town.bob, "GET", "/api/v1/session");
  CHECK(session.json->getValue<std::int64_t>("confirmed_until_ms") > 1'600'000'000'000);
  CHECK_FALSE(session.json->getObject("can")->getValue<bool>("moderate"));
  CHECK(session.json->getObject("person")->getValue<std::string>("role") == "member");

  CHECK(town.as(town.bob, "POST", "/api/v1/session/confirm", R"({"password":"correct horse"})").status == 204);
  CHECK(town.as(town.bob, "POST", "/api/v1/session/confirm", R"({"password":"wrong horses"})").status == 401);
  CHECK(town.as(town.bob, "POST", "/api/v1/session/confirm", "{}").text("pointer") == "/password");

  const std::string second = TestHub::cookieOf(town.hub.ask({.method = "POST",
                                                             .target = "/api/v1/session",
                                                             .body = R"({"username":"bob","password":"correct horse"})",
                                                             .more = {"User-Agent: Test/1"}}));
  const auto mine = town.as(town.bob, "GET", "/api/v1/account/sessions").json->getArray("sessions");
  REQUIRE(mine->size() == 2);
  std::string other;
  for (unsigned i = 0; i < 2; ++i) {
    const auto each = mine->getObject(i);
    CHECK(each->getValue<std::string>("address") == "127.0.0.1");
    if (each->getValue<bool>("current")) continue;
    other = each->getValue<std::string>("id");
    CHECK(each->getValue<std::string>("user_agent") == "Test/1");
  }
  // Another's session is not there to be ended.
  CHECK(town.as(town.root, "DELETE", "/api/v1/account/sessions/" + other).status == 404);
  CHECK(town.as(town.bob, "DELETE", "/api/v1/account/sessions/s-0").status == 404);
  CHECK(town.as(town.bob, "DELETE", "/api/v1/account/sessions/" + other).status == 204);
  CHECK(town.as(second, "GET", "/api/v1/account").status == 401);
  const std::string third = town.signIn("bob");
  CHECK(town.as(town.bob, "DELETE", "/api/v1/account/sessions").status == 204);
  CHECK(town.as(third, "GET", "/api/v1/account").status == 401);

  const auto change = [&](const std::string& body) {
    const Answer answer = town.as(town.bob, "PUT", "/api/v1/account/password", body);
    return std::to_string(answer.status) + answer.text("pointer");
  };
  CHECK(change(R"({"current":"wrong horses","password":"another horse"})") == "401/current");
  CHECK(change(R"({"current":"correct horse","password":"short"})") == "400/password");
  CHECK(change(R"({"password":"another horse"})") == "400/current");
  const std::string fourth = town.signIn("bob");
  CHECK(change(R"({"current":"correct horse","password":"another horse"})") == "204");
  CHECK(town.as(fourth, "GET", "/api/v1/account").status == 401);
  CHECK(town.as(town.bob, "GET", "/api/v1/account").status == 200);
  CHECK(town.signIn("bob").empty());

  const auto theirs = town.as(town.root, "GET", "/api/v1/users/bob/sessions").json->getArray("sessions");
  REQUIRE(theirs->size() == 1);
  const std::string id = theirs->getObject(0)->getValue<std::string>("id");
  CHECK(town.as(town.root, "DELETE", "/api/v1/users/root/sessions/" + id).status == 404);
  CHECK(town.as(town.root, "GET", "/api/v1/users/nobody/sessions").status == 404);
  CHECK(town.as(town.root, "DELETE", "/api/v1/users/nobody/sessions").status == 404);
  CHECK(town.as(town.root, "DELETE", "/api/v1/users/bob/sessions/" + id).status == 204);
  CHECK(town.as(town.bob, "GET", "/api/v1/account").status == 401);
}

TEST_CASE("Tokens are made, listed, used and removed, each by its owner or an administrator") {
  const Town town;
  const auto make = [&](const std::string& cookie, const std::string& body) {
    return town.as(cookie, "POST", "/api/v1/tokens", body);
  };
  const Answer made = make(
      town.bob,
      R"({"name":"arm","permissions":["play","watch"],"scopes":[{"kind":"label","value":"lab"}],"expires_in_days":7})");
  REQUIRE(made.status == 201);
  const std::string secret = made.text("secret");
  CHECK(secret.size() == 46);
  const auto token = made.json->getObject("token");
  CHECK(token->getValue<std::string>("name") == "arm");
  CHECK(token->getValue<std::string>("username") == "bob");
  CHECK(token->getArray("permissions")->size() == 2);
  CHECK(token->getArray("scopes")->getObject(0)->getValue<std::string>("value") == "lab");
  CHECK(token->getValue<std::int64_t>("expires_at_ms") - token->getValue<std::int64_t>("created_at_ms") ==
        7 * 24 * 3600 * 1000ll);
  CHECK(token->isNull("last_used_ms"));
  const auto pointer = [&](const std::string& body) { return make(town.bob, body).text("pointer"); };
  CHECK(pointer(R"({"permissions":["play"]})") == "/name");
  CHECK(pointer(R"({"name":"a"})") == "/permissions");
  CHECK(pointer(R"({"name":"a","permissions":[]})") == "/permissions");
  CHECK(pointer(R"({"name":"a","permissions":["stop"]})") == "/permissions/0");
  CHECK(pointer(R"({"name":"a","permissions":["play",7]})") == "/permissions/1");
  CHECK(pointer(R"({"name":"a","permissions":["play"],"scopes":{}})") == "/scopes");
  CHECK(pointer(R"({"name":"a","permissions":["play"],"scopes":["lab"]})") == "/scopes/0");
  CHECK(pointer(R"({"name":"a","permissions":["play"],"scopes":[{"kind":"x","value":"y"}]})") == "/scopes/0/kind");
  CHECK(pointer(R"({"name":"a","permissions":["play"],"expires_in_days":0})") == "/expires_in_days");
  CHECK(pointer(R"({"name":"a","permissions":["play"],"expires_in_days":367})") == "/expires_in_days");
  CHECK(pointer(R"({"name":"a","permissions":["play"],"expires_in_days":1.5})") == "/expires_in_days");

  const Answer who = town.by(secret, "GET", "/api/v1/session");
  CHECK(who.json->getObject("person")->getValue<std::string>("id") == "t-1");
  CHECK(who.json->getObject("person")->getValue<std::string>("kind") == "token");
  CHECK(who.json->isNull("confirmed_until_ms"));
  // What is for accounts themselves is not for their tokens.
  for (const char* target : {"/api/v1/account", "/api/v1/account/sessions", "/api/v1/tokens"})
    CHECK(town.by(secret, "GET", target).status == 403);
  CHECK(town.by(secret, "POST", "/api/v1/tickets").status == 200);
  // A token that is good may send as much as a session, another no more than a stranger.
  const std::string long_body = "{\"x\":\"" + std::string(100'000, 'x') + "\"}";
  CHECK(town.by(secret, "POST", "/api/v1/tickets", long_body).status == 200);
  CHECK(town.by(secret + "x", "POST", "/api/v1/tickets", long_body).status == 413);
  CHECK(town.by(secret + "x", "GET", "/api/v1/session").status == 401);
  CHECK(town.by(secret + "x", "GET", "/api/v1/devices").status == 401);
  // Signing out is for cookies; the token stays.
  CHECK(town.by(secret, "DELETE", "/api/v1/session").status == 204);
  CHECK(town.by(secret, "POST", "/api/v1/tickets").status == 200);

  const auto count = [&](const std::string& cookie, const std::string& query) {
    const Answer list = town.as(cookie, "GET", "/api/v1/tokens" + query);
    return list.status == 200 ? static_cast<int>(list.json->getArray("tokens")->size()) : -list.status;
  };
  CHECK(make(town.root, R"({"name":"all","permissions":["administer"]})").status == 201);
  CHECK(count(town.bob, "") == 1);
  CHECK(count(town.bob, "?user=bob") == 1);
  CHECK(count(town.bob, "?user=root") == -403);
  CHECK(count(town.bob, "?user=*") == -403);
  CHECK(count(town.root, "?user=*") == 2);
  CHECK(count(town.root, "?user=bob") == 1);
  CHECK(count(town.root, "?user=nobody") == -404);
  CHECK(town.as(town.root, "GET", "/api/v1/tokens").body.find("rh_") == std::string::npos);

  CHECK(town.as(town.bob, "DELETE", "/api/v1/tokens/2").status == 404);
  CHECK(town.as(town.bob, "DELETE", "/api/v1/tokens/x").status == 404);
  CHECK(town.as(town.root, "DELETE", "/api/v1/tokens/1").status == 204);
  CHECK(town.as(town.root, "DELETE", "/api/v1/tokens/1").status == 404);
  CHECK(town.by(secret, "GET", "/api/v1/session").status == 401);
}

TEST_CASE("Nobody but an account in its own session reaches what is the account's own") {
  const Town town;
  const std::string guest = town.hub.guest("Ada");
  struct Line {
    const char* method;
    const char* target;
  };
  for (const Line& line :
       {Line{"POST", "/api/v1/session/confirm"}, Line{"GET", "/api/v1/account"},
        Line{"PUT", "/api/v1/account/password"}, Line{"GET", "/api/v1/account/sessions"},
        Line{"DELETE", "/api/v1/account/sessions"}, Line{"DELETE", "/api/v1/account/sessions/s-1"},
        Line{"GET", "/api/v1/tokens"}, Line{"POST", "/api/v1/tokens"}, Line{"DELETE", "/api/v1/tokens/1"}}) {
    INFO(line.method << " " << line.target);
    CHECK(town.as("", line.method, line.target, "").status == 401);
    CHECK(town.as(guest, line.method, line.target, "").status == 403);
  }
  for (const Line& line :
       {Line{"GET", "/api/v1/users"}, Line{"POST", "/api/v1/users"}, Line{"GET", "/api/v1/users/bob"},
        Line{"PATCH", "/api/v1/users/bob"}, Line{"DELETE", "/api/v1/users/bob"},
        Line{"PUT", "/api/v1/users/bob/password"}, Line{"POST", "/api/v1/users/bob/grants"},
        Line{"DELETE", "/api/v1/users/bob/grants/1"}, Line{"GET", "/api/v1/users/bob/sessions"},
        Line{"DELETE", "/api/v1/users/bob/sessions"}, Line{"DELETE", "/api/v1/users/bob/sessions/s-1"}}) {
    INFO(line.method << " " << line.target);
    CHECK(town.as("", line.method, line.target, "").status == 401);
    CHECK(town.as(guest, line.method, line.target, "").status == 403);
    CHECK(town.as(town.bob, line.method, line.target, "").status == 403);
  }
  // The administrator at this machine is no account.
  CHECK(town.hub.asAdministrator("GET", "/api/v1/account").status == 404);
  CHECK(town.hub.asAdministrator("GET", "/api/v1/tokens?user=*").status == 200);
  CHECK(town.hub.asAdministrator("POST", "/api/v1/tokens?user=bob", R"({"name":"a","permissions":["watch"]})").status ==
        201);
  CHECK(town.hub.asAdministrator("POST", "/api/v1/tokens", R"({"name":"a","permissions":["watch"]})").status == 403);
  CHECK(town.as(town.root, "POST", "/api/v1/tokens?user=bob", R"({"name":"a","permissions":["watch"]})").status == 201);
  CHECK(town.as(town.root, "GET", "/api/v1/tokens?user=bob").json->getArray("tokens")->size() == 1);
}

TEST_CASE("A hub that is started again knows its people, their grants, sessions and tokens") {
  Town town;
  CHECK(town.as(town.root, "POST", "/api/v1/users/bob/grants",
                R"({"permission":"watch","scope":{"kind":"room","value":"Lab 1"}})")
            .status == 201);
  const std::string secret =
      town.as(town.bob, "POST", "/api/v1/tokens", R"({"name":"a","permissions":["watch"]})").text("secret");
  const std::string ticket = town.as(town.bob, "POST", "/api/v1/tickets").text("ticket");
  town.hub.stop();
  town.hub.start();
  CHECK(town.by(secret, "GET", "/api/v1/session").json->getObject("person")->getValue<std::string>("id") == "t-1");
  const Answer account = town.as(town.bob, "GET", "/api/v1/account");
  CHECK(account.json->getArray("grants")->size() == 1);
  CHECK(account.json->getValue<int>("tokens") == 1);
  CHECK(account.json->getValue<int>("sessions") == 1);
  CHECK(WebSocketPeer(town.hub.port, "/api/v1/live?ticket=" + ticket, {}).status() == 401);
}
