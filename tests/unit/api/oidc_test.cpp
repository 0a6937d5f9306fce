// Signing in at an issuer as a browser does it: out by a redirect, back by a redirect, in by the cookie.
#include <catch2/catch.hpp>

#include "unit/hub/log_file.hpp"
#include "unit/hub/test_hub.hpp"
#include "unit/identity/test_issuer.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

struct IssuerHub {
  explicit IssuerHub(const std::function<void(identity::OidcSettings&)>& change = {})
      : hub([&](hub::Settings& settings) {
          settings.oidc = issuer.settings();
          settings.oidc.create_accounts = true;
          settings.oidc.role = identity::Role::player;
          if (change) change(settings.oidc);
        }) {}

  struct SignIn {
    std::string location, binding;
  };
  SignIn begin(const std::string& back = "/devices/x") const {
    const Answer answer = hub.get("/api/v1/oidc/start?return=" + back);
    CHECK(answer.status == 303);
    return {std::string(answer.headers.get("Location")), TestHub::cookieOf(answer)};
  }
  Answer comeBack(const SignIn& sign_in, const std::string& subject, const std::string& cookie) {
    const auto back = issuer.consent(sign_in.location, subject);
    return hub.get("/api/v1/oidc/callback?state=" + back.state + "&code=" + back.code, cookie);
  }
  // Of the answer's second cookie.
  static std::string sessionOf(const Answer& answer) {
    for (const auto& [name, value] : answer.headers.all())
      if (net::equalsIgnoringCase(name, "Set-Cookie") && value.starts_with("robohub_session="))
        return value.substr(0, value.find(';'));
    return {};
  }

  TestIssuer issuer{"ES256"};
  TestHub hub;
};

}  // namespace

TEST_CASE("A person of the issuer comes in with an account, again and again the same one") {
  IssuerHub it;
  CHECK(it.hub.get("/api/v1/session").json->getObject("oidc")->getValue<std::string>("title") == "Test");
  std::string id;
  for (int round = 0; round < 2; ++round) {
    const auto sign_in = it.begin();
    CHECK(sign_in.location.starts_with(it.issuer.url + "/authorize?"));
    const Answer answer = it.comeBack(sign_in, "ada", sign_in.binding);
    CHECK(answer.status == 303);
    CHECK(answer.headers.get("Location") == "/devices/x");
    const auto person = it.hub.get("/api/v1/session", IssuerHub::sessionOf(answer)).json->getObject("person");
    REQUIRE(person);
    CHECK(person->getValue<std::string>("role") == "player");
    CHECK(person->getValue<std::string>("kind") == "account");
    if (round > 0) CHECK(person->getValue<std::string>("id") == id);
    id = person->getValue<std::string>("id");
  }
  const auto sign_in = it.begin();
  const Answer other = it.comeBack(sign_in, "bob", sign_in.binding);
  const auto person = it.hub.get("/api/v1/session", IssuerHub::sessionOf(other)).json->getObject("person");
  REQUIRE(person);
  CHECK(person->getValue<std::string>("id") != id);
}

TEST_CASE(
    "What another browser began, what the issuer refuses and whoever is unknown is led back to the sign-in page") {
  IssuerHub it([](identity::OidcSettings& settings) { settings.create_accounts = false; });
  const auto led = [](const Answer& answer) {
    CHECK(answer.status == 303);
    CHECK(IssuerHub::sessionOf(answer).empty());
    return std::string(answer.headers.get("Location"));
  };
  const auto mine = it.begin(), others = it.begin();
  CHECK(led(it.comeBack(mine, "ada", others.binding)) == "/sign-in?problem=oidc_refused");
  const auto bare = it.begin();
  CHECK(led(it.comeBack(bare, "ada", "")) == "/sign-in?problem=oidc_refused");
  CHECK(led(it.hub.get("/api/v1/oidc/callback?error=access_denied&state=x")) == "/sign-in?problem=oidc_refused");
  CHECK(led(it.hub.get("/api/v1/oidc/callback")) == "/sign-in?problem=oidc_refused");
  const auto unknown = it.begin();
  CHECK(led(it.comeBack(unknown, "ada", unknown.binding)) == "/sign-in?problem=oidc_unknown");
  it.issuer.token_status = 500;
  const auto broken = it.begin();
  CHECK(led(it.comeBack(broken, "ada", broken.binding)) == "/sign-in?problem=oidc_unavailable");
}

TEST_CASE("Whoever comes back a hundred times with what nobody has begun fills no log, and hides no other fault") {
  IssuerHub it;
  const LogFile told;
  for (int i = 0; i < 100; ++i) CHECK(it.hub.get("/api/v1/oidc/callback?state=x&code=y").status == 303);
  CHECK(told.count("was begun in another browser") == 1);
  it.issuer.token_status = 500;
  for (int i = 0; i < 5; ++i) {
    const auto broken = it.begin();
    CHECK(it.comeBack(broken, "ada", broken.binding).headers.get("Location") == "/sign-in?problem=oidc_unavailable");
  }
  CHECK(told.count("status 500") == 1);
}

TEST_CASE("Nobody is led to a page of another site after signing in") {
  IssuerHub it;
  for (const char* bad : {"//evil.example", "/%5Cevil.example", "https://evil.example", "%0d%0aSet-Cookie:x"}) {
    const auto sign_in = it.begin(bad);
    CHECK(it.comeBack(sign_in, "ada", sign_in.binding).headers.get("Location") == "/");
  }
}

TEST_CASE("A hub without an issuer has no such sign-in") {
  TestHub hub;
  CHECK(hub.get("/api/v1/session").json->isNull("oidc"));
  CHECK(hub.get("/api/v1/oidc/start").status == 404);
  CHECK(hub.get("/api/v1/oidc/callback?code=x&state=y").status == 404);
}
