// Signing in at an issuer of the tests' own, and everything that may be wrong with what it says.
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "test_issuer.hpp"

using namespace robohub;
using namespace robohub::identity;
using robohub::test::SigningKey;
using robohub::test::TestIssuer;

namespace {

struct Client {
  explicit Client(const OidcSettings& settings) : loops(1), oidc(Oidc::open(loops.at(0), clock, settings).value()) {
    loops.start();
  }
  ~Client() { loops.stop(); }

  Result<Oidc::Begun> begin(const std::string& path = "/devices/x") {
    std::promise<Result<Oidc::Begun>> told;
    oidc->begin(path, [&](Result<Oidc::Begun> begun) { told.set_value(std::move(begun)); });
    return told.get_future().get();
  }
  Result<OidcPerson> finish(const TestIssuer::CameBack& back, const std::string& binding) {
    std::promise<Result<OidcPerson>> told;
    oidc->finish(back.state, back.code, binding, [&](Result<OidcPerson> person) { told.set_value(std::move(person)); });
    return told.get_future().get();
  }
  Result<OidcPerson> signIn(TestIssuer& issuer, const std::string& subject = "ada") {
    const auto begun = begin();
    if (!begun) return fail(begun.error());
    return finish(issuer.consent(begun->location, subject), begun->binding);
  }

  SystemClock clock;
  net::LoopPool loops;
  std::shared_ptr<Oidc> oidc;
};

std::string messageOf(const Result<OidcPerson>& result) {
  return result ? "signed in as " + result->subject : result.error().message;
}

}  // namespace

TEST_CASE("whoever signs in at the issuer comes back as that person, to the page left") {
  for (const char* algorithm : {"RS256", "ES256"}) {
    TestIssuer issuer(algorithm);
    Client client(issuer.settings());
    const auto person = client.signIn(issuer);
    INFO(algorithm << ": " << messageOf(person));
    REQUIRE(person);
    CHECK(person->subject == issuer.url + "|ada");
    CHECK(person->name_hint == "Name of ada");
    CHECK(person->return_path == "/devices/x");
    REQUIRE(client.signIn(issuer, "bob"));
    CHECK(issuer.discoveries == 1);
    CHECK(issuer.key_fetches == 1);
  }
}

TEST_CASE("the browser is sent with a state, a nonce and a challenge that are never the same twice") {
  TestIssuer issuer;
  Client client(issuer.settings());
  const auto one = client.begin().value(), two = client.begin().value();
  const auto fields = [](const std::string& location) {
    std::map<std::string, std::string> found;
    for (const auto& [name, value] : Poco::URI(location).getQueryParameters()) found[name] = value;
    return found;
  };
  auto first = fields(one.location), second = fields(two.location);
  CHECK(first["response_type"] == "code");
  CHECK(first["scope"] == "openid profile email");
  CHECK(first["code_challenge_method"] == "S256");
  CHECK(first["redirect_uri"] == issuer.settings().redirect_url);
  for (const char* name : {"state", "nonce", "code_challenge"}) {
    CHECK(first[name].size() == 43);
    CHECK(first[name] != second[name]);
  }
  CHECK(one.binding != two.binding);
  CHECK(one.location.find(one.binding) == std::string::npos);
}

TEST_CASE("a sign-in is finished once, in the browser in which it began, in time") {
  TestIssuer issuer;
  Client client(issuer.settings());
  const auto mine = client.begin().value(), others = client.begin().value();
  const auto back = issuer.consent(mine.location, "ada");
  CHECK_FALSE(client.finish(back, others.binding));
  CHECK_FALSE(client.finish(back, ""));
  // Who only knows of it does not spoil it.
  CHECK(client.finish(back, mine.binding));
  CHECK_FALSE(client.finish(back, mine.binding));
  const auto again = client.begin().value();
  const auto came = issuer.consent(again.location, "ada");
  CHECK(client.finish(came, again.binding));
  CHECK_FALSE(client.finish(came, again.binding));
  CHECK_FALSE(client.finish({"no state of ours", "code"}, ""));
  const auto forged = client.begin().value();
  CHECK_FALSE(client.finish({issuer.consent(forged.location, "ada").state, "code-of-somebody"}, forged.binding));
}

TEST_CASE("thousands who begin and do not come back keep nobody from signing in") {
  TestIssuer issuer;
  Client client(issuer.settings());
  const auto mine = client.begin().value();
  for (int i = 0; i < 1500; ++i) REQUIRE(client.begin());
  CHECK(client.finish(issuer.consent(mine.location, "ada"), mine.binding));
  CHECK(client.signIn(issuer, "bob"));
}

TEST_CASE("a sealed sign-in opens with its own state, once, in time, on the hub that sealed it") {
  using namespace std::chrono_literals;
  SealedSignIns sealed, another;
  const MonoTime now{1h};
  const std::string state = randomToken();
  const OidcSignIn begun{randomToken(), randomToken(), "/devices/" + std::string(500, 'x'), now};
  const std::string cookie = sealed.seal(begun, state);
  CHECK(cookie != sealed.seal(begun, state));
  CHECK(cookie.size() < 1000);
  CHECK(cookie.find(begun.nonce) == std::string::npos);
  CHECK_FALSE(sealed.open(cookie, randomToken(), now));
  CHECK_FALSE(another.open(cookie, state, now));
  for (std::size_t at = 0; at < cookie.size(); at += 37) {
    std::string changed = cookie;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(sealed.open(changed, state, now));
    CHECK_FALSE(sealed.open(cookie.substr(0, at), state, now));
  }
  CHECK_FALSE(sealed.open(cookie, state, now + 10min + 1s));
  const auto opened = sealed.open(cookie, state, now + 10min);
  REQUIRE(opened);
  CHECK(opened->nonce == begun.nonce);
  CHECK(opened->verifier == begun.verifier);
  CHECK(opened->return_path == begun.return_path);
  CHECK_FALSE(sealed.open(cookie, state, now + 10min));
  // What is finished is forgotten when it is too old to be opened, and the oldest first where there are too many.
  for (std::size_t i = 0; i < SealedSignIns::kFinished + 10; ++i) {
    const std::string other = std::to_string(i);
    REQUIRE(sealed.open(sealed.seal(begun, other), other, now));
  }
  CHECK(sealed.open(sealed.seal(begun, "0"), "0", now));
  const std::string newest = std::to_string(SealedSignIns::kFinished);
  CHECK_FALSE(sealed.open(sealed.seal(begun, newest), newest, now));
}

TEST_CASE("a token that fails one check signs nobody in, and the sentence says which") {
  struct Fault {
    const char* sentence;
    std::function<void(Poco::JSON::Object&)> change;
  };
  const auto now = [] {
    return static_cast<std::int64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  };
  const Fault faults[] = {
      {"another issuer", [](auto& c) { c.set("iss", std::string("http://127.0.0.1:1")); }},
      {"another issuer", [](auto& c) { c.remove("iss"); }},
      {"somebody else", [](auto& c) { c.set("aud", std::string("another")); }},
      {"somebody else", [](auto& c) { c.remove("aud"); }},
      {"somebody else",
       [](auto& c) {
         Poco::JSON::Array both;
         both.add(std::string("robohub"));
         both.add(std::string("another"));
         c.set("aud", both);
       }},
      {"expired", [&](auto& c) { c.set("exp", now() - 120); }},
      {"expired", [](auto& c) { c.remove("exp"); }},
      {"expired", [](auto& c) { c.set("exp", std::string("never")); }},
      {"future", [&](auto& c) { c.set("iat", now() + 120); }},
      {"does not hold yet", [&](auto& c) { c.set("nbf", now() + 120); }},
      {"another sign-in", [](auto& c) { c.set("nonce", std::string("guessed")); }},
      {"another sign-in", [](auto& c) { c.remove("nonce"); }},
      {"names no person", [](auto& c) { c.remove("sub"); }},
      {"names no person", [](auto& c) { c.set("sub", std::string(300, 'x')); }},
  };
  TestIssuer issuer("ES256");
  Client client(issuer.settings());
  for (const Fault& fault : faults) {
    issuer.change_claims = fault.change;
    const auto person = client.signIn(issuer);
    INFO(fault.sentence << ": " << messageOf(person));
    REQUIRE_FALSE(person);
    CHECK(person.error().code == ErrorCode::unauthenticated);
    CHECK(person.error().message.find(fault.sentence) != std::string::npos);
  }
  issuer.change_claims = [](auto& c) {
    Poco::JSON::Array one;
    one.add(std::string("robohub"));
    c.set("aud", one);
  };
  CHECK(client.signIn(issuer));
}

TEST_CASE("a token counts only with the issuer's own signature by the issuer's own algorithm") {
  TestIssuer issuer;
  Client client(issuer.settings());
  const auto withHeader = [](const std::string& token, const std::string& header) {
    return toBase64Url(header) + token.substr(token.find('.'));
  };
  const SigningKey foreign("RS256", "key-1"), elliptic("ES256", "key-1");
  const std::function<std::string(std::string)> forgeries[] = {
      [&](std::string t) { return withHeader(t, "{\"alg\":\"none\"}"); },
      [&](std::string t) { return withHeader(t.substr(0, t.rfind('.') + 1), "{\"alg\":\"none\"}"); },
      // The public key taken for an HMAC secret.
      [&](std::string t) {
        Poco::JWT::Token token(t);
        Poco::JWT::Signer signer(issuer.key->publicPem());
        return signer.sign(token, "HS256");
      },
      [&](std::string t) {
        return foreign.sign(*fromBase64Url(t.substr(t.find('.') + 1, t.rfind('.') - t.find('.') - 1)));
      },
      [&](std::string t) {
        return elliptic.sign(*fromBase64Url(t.substr(t.find('.') + 1, t.rfind('.') - t.find('.') - 1)));
      },
      [&](std::string t) { return t.substr(0, t.size() - 4) + "AAAA"; },
      [&](std::string t) { return t.substr(0, t.rfind('.') + 1); },
      [&](std::string t) { return withHeader(t, "{\"alg\":\"RS256\",\"kid\":\"key-1\",\"crit\":[\"x\"]}"); },
      [&](std::string t) { return t + ".more"; },
      [&](std::string) { return std::string("nonsense"); },
      [&](std::string) { return std::string(20000, 'a'); },
      [&](std::string) { return std::string(); },
  };
  for (std::size_t i = 0; i < std::size(forgeries); ++i) {
    issuer.change_token = forgeries[i];
    const auto person = client.signIn(issuer);
    INFO(i << ": " << messageOf(person));
    CHECK_FALSE(person);
  }
}

TEST_CASE("a key that the issuer has changed is looked up, but not for every forged one") {
  TestIssuer issuer("ES256");
  Client client(issuer.settings());
  REQUIRE(client.signIn(issuer));
  issuer.key = std::make_shared<SigningKey>("ES256", "key-2");
  // Keys were read less than a minute ago, so this one is refused rather than looked up.
  CHECK_FALSE(client.signIn(issuer));
  CHECK(issuer.key_fetches == 1);
}

TEST_CASE("an issuer that is away, another, or broken is named as such") {
  OidcSettings away;
  away.issuer = "http://127.0.0.1:1";
  away.client_id = "robohub";
  CHECK(Client(away).begin().error().code == ErrorCode::unavailable);
  TestIssuer issuer;
  const auto sentence = [&](std::function<std::string(std::string)> change) {
    issuer.change_discovery = std::move(change);
    Client client(issuer.settings());
    const auto begun = client.begin();
    return begun ? std::string("begun") : begun.error().message;
  };
  CHECK(sentence([](std::string) { return "{\"issuer\":\"http://another\"}"; }).find("calls itself") !=
        std::string::npos);
  CHECK(sentence([&](std::string) { return "{\"issuer\":\"" + issuer.url + "\"}"; }).find("lacks an address") !=
        std::string::npos);
  CHECK(sentence([](std::string) { return "<html>"; }).find("no JSON object") != std::string::npos);
  issuer.change_discovery = {};
  issuer.token_status = 500;
  Client client(issuer.settings());
  CHECK(client.signIn(issuer).error().message.find("status 500 (server_error)") != std::string::npos);
}

TEST_CASE("keys that are weak, foreign or meant for something else are left out of a set") {
  CHECK_FALSE(JsonWebKeys::parse("{}"));
  CHECK_FALSE(JsonWebKeys::parse("{\"keys\":[]}"));
  CHECK_FALSE(JsonWebKeys::parse("[]"));
  CHECK_FALSE(JsonWebKeys::parse("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"a\"}]}"));
  CHECK_FALSE(JsonWebKeys::parse("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"kid\":\"a\"}]}"));
  // Not on the curve.
  const std::string zeros(43, 'A');
  CHECK_FALSE(JsonWebKeys::parse("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + zeros + "\",\"y\":\"" +
                                 zeros + "\"}]}"));
  const SigningKey good("ES256", "one");
  const auto keys = JsonWebKeys::parse("{\"keys\":[7,null,{\"kty\":\"RSA\"}," + good.jwk() + "]}");
  REQUIRE(keys);
  CHECK(keys->size() == 1);
  CHECK(keys->find("one"));
  CHECK(keys->find(""));
  CHECK_FALSE(keys->find("two"));
}

TEST_CASE("ES256 as another implementation writes it (RFC 7515, appendix A.3)") {
  const auto keys = JsonWebKeys::parse(
      "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
      "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}");
  REQUIRE(keys);
  const std::string token =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  // The signature is good: what is refused is the missing audience.
  const auto claims =
      checkIdToken(token, *keys, {.issuer = "joe", .client_id = "robohub", .nonce = "n", .now = WallTime{}});
  REQUIRE_FALSE(claims);
  CHECK(claims.error().message.find("somebody else") != std::string::npos);
}

TEST_CASE("only a path of this hub is gone back to") {
  CHECK(safeReturnPath("/devices/x?y=1#z") == "/devices/x?y=1#z");
  for (const char* bad :
       {"", "devices", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/\x80"})
    CHECK(safeReturnPath(bad) == "/");
  CHECK(safeReturnPath("/" + std::string(600, 'a')) == "/");
}

TEST_CASE("the PKCE challenge is that of RFC 7636, appendix B") {
  CHECK(pkceChallenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}
