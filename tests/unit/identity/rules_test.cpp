#include <catch2/catch.hpp>
#include <set>

#include "identity/backoff.hpp"
#include "identity/cookie.hpp"
#include "identity/names.hpp"
#include "identity/person.hpp"
#include "identity/secrets.hpp"

using namespace robohub;
using namespace robohub::identity;
using namespace std::chrono_literals;

TEST_CASE("what each role may do, with guests let in by degrees") {
  struct Line {
    Role role;
    Access access;
    bool watch, play, stop, administer;
  };
  const Line table[] = {
      {Role::guest, {false, false}, false, false, false, false},
      {Role::guest, {false, true}, false, false, false, false},
      {Role::guest, {true, false}, true, false, true, false},
      {Role::guest, {true, true}, true, true, true, false},
      {Role::viewer, {}, true, false, true, false},
      {Role::player, {}, true, true, true, false},
      {Role::administrator, {}, true, true, true, true},
  };
  for (const Line& line : table) {
    CAPTURE(toString(line.role), line.access.guests_watch, line.access.guests_play);
    Person person{*PersonId::parse("u-1"), "Ada", PersonKind::account, line.role};
    CHECK(may(&person, {}, Permission::public_, nullptr, line.access));
    CHECK(may(&person, {}, Permission::watch, nullptr, line.access) == line.watch);
    CHECK(may(&person, {}, Permission::play, nullptr, line.access) == line.play);
    CHECK(may(&person, {}, Permission::stop, nullptr, line.access) == line.stop);
    CHECK(may(&person, {}, Permission::administer, nullptr, line.access) == line.administer);
  }
}

TEST_CASE("nobody may do anything but the public, and so may a role or permission that does not exist") {
  Access open{true, true};
  CHECK(may(nullptr, {}, Permission::public_, nullptr, open));
  for (auto permission : {Permission::watch, Permission::play, Permission::stop, Permission::administer})
    CHECK_FALSE(may(nullptr, {}, permission, nullptr, open));
  Person stray{*PersonId::parse("u-1"), "Ada", PersonKind::account, static_cast<Role>(77)};
  CHECK_FALSE(may(&stray, {}, Permission::watch, nullptr, open));
  stray.role = Role::administrator;
  CHECK_FALSE(may(&stray, {}, static_cast<Permission>(77), nullptr, open));
}

TEST_CASE("names are trimmed and kept as they are written") {
  CHECK(cleanName("  Ada \t").value() == "Ada");
  CHECK(cleanName("\u00a0Zo\u00eb Q\u3000").value() == "Zo\u00eb Q");
  CHECK(cleanName("\U0001F431").value() == "\U0001F431");
  CHECK(cleanName(std::string(32, 'x')).has_value());
  std::string cats;
  for (int i = 0; i < 32; ++i) cats += "\U0001F431";
  CHECK(cleanName(cats).has_value());
}

TEST_CASE("names that are empty, too long, broken or hide something are refused") {
  const std::string bad[] = {"",
                             "   ",
                             "\u3000\u2003",
                             std::string(33, 'x'),
                             std::string(100'000, ' '),
                             "a\nb",
                             std::string("a\0b", 3),
                             "a\u0085b",
                             "a\u202eb",
                             "a\u2066b",
                             "a\u200bb",
                             "a\u200db",
                             "\ufeff"
                             "a",
                             "a\u061c",
                             "a\u00ad",
                             "\u3164",
                             "a\u2028b",
                             "a\U000E0041",
                             "a\ufe0f",
                             "a\uffff",
                             "\xff",
                             "\xc0\xaf",
                             "\xe2\x82",
                             "\xed\xa0\x80",
                             "\xf4\x90\x80\x80",
                             "\x80"};
  for (const std::string& name : bad) {
    CAPTURE(name);
    auto clean = cleanName(name, 32, "A name", "/guest");
    REQUIRE_FALSE(clean);
    CHECK(clean.error().code == ErrorCode::invalid_argument);
    CHECK(clean.error().where == "/guest");
  }
}

TEST_CASE("of a text that nobody chose as a name what hides something is left out") {
  CHECK(shownName("  Ada \t") == "Ada");
  CHECK(shownName("Robot \u2764\ufe0f") == "Robot \u2764");
  CHECK(shownName("a\u202eb\nc") == "abc");
  CHECK(shownName(std::string(40, 'x'), 32) == std::string(32, 'x'));
  for (const char* nothing : {"", "  ", "\u200b", " \ufeff\u3000", "\xff", "Ada\xc0\xaf"}) {
    CAPTURE(nothing);
    CHECK(shownName(nothing).empty());
  }
}

TEST_CASE("usernames and passwords keep to their lengths and letters") {
  for (const char* good : {"ab", "ada.l_1-x", "a.", "01234567890123456789012345678901"}) CHECK(checkUsername(good));
  // ".." would be no step of a path, so nobody could be told of it over HTTP.
  for (const char* bad : {"", "a", "Ada", "a b", "\u00e4\u00e4", "012345678901234567890123456789012", "a/b", "..",
                          ".ada", "_ada", "-ada"})
    CHECK_FALSE(checkUsername(bad));
  CHECK(mayBeUsername("_ada"));
  CHECK_FALSE(mayBeUsername("a/b"));
  CHECK(checkPassword("12345678"));
  CHECK(checkPassword("\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"));
  CHECK(checkPassword(std::string(256, 'x')));
  CHECK_FALSE(checkPassword("1234567"));
  CHECK_FALSE(checkPassword("\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"));
  CHECK_FALSE(checkPassword(std::string(257, 'x')));
  CHECK_FALSE(checkPassword(std::string(8, '\xff')));
}

TEST_CASE("one-time codes are read as people type them") {
  std::set<std::string> codes;
  for (int i = 0; i < 100; ++i) {
    std::string code = makeOneTimeCode();
    REQUIRE(code.size() == 14);
    CHECK(readOneTimeCode(code) == code);
    codes.insert(code);
  }
  CHECK(codes.size() == 100);
  CHECK(readOneTimeCode(" 7qk2m0xd 9rtb\n") == "7QK2-M0XD-9RTB");
  CHECK(readOneTimeCode("OIL0-oil0-0000") == "0110-0110-0000");
  for (const char* bad : {"", "7QK2-M0XD-9RT", "7QK2-M0XD-9RTBB", "7QK2-M0XD-9RTU", "7QK2_M0XD_9RTB"})
    CHECK_FALSE(readOneTimeCode(bad));
}

TEST_CASE("tokens have 256 bits and base64url refuses what it would not write") {
  std::string token = randomToken();
  CHECK(token.size() == 43);
  CHECK(token != randomToken());
  CHECK(fromBase64Url(token)->size() == 32);
  CHECK(toBase64Url(*fromBase64Url(token)) == token);
  CHECK_FALSE(fromBase64Url(token + "="));
  CHECK_FALSE(fromBase64Url("a+b/"));
  CHECK_FALSE(fromBase64Url("AB"));  // bits beyond the byte
  CHECK_FALSE(fromBase64Url("A A A"));
  CHECK(sameHash(hashOf("a"), hashOf("a")));
  CHECK_FALSE(sameHash(hashOf("a"), hashOf("b")));
}

TEST_CASE("guessing gets slower up to a limit, and a quiet time forgets") {
  Backoff backoff({.free_failures = 3, .first_wait = 1s, .longest_wait = 8s, .forget_after = 60s, .keys = 100});
  MonoTime now{1h};
  for (int i = 0; i < 3; ++i) {
    CHECK(backoff.waitFor("ada", now) == 0s);
    backoff.count("ada", now);
  }
  CHECK(backoff.waitFor("ada", now) == 0s);
  for (auto wait : {1s, 2s, 4s, 8s, 8s}) {
    backoff.count("ada", now);
    CHECK(backoff.waitFor("ada", now) == wait);
    CHECK(backoff.waitFor("ada", now + wait - 1ns) == 1ns);
    CHECK(backoff.waitFor("ada", now + wait) == 0s);
    now += wait;
  }
  CHECK(backoff.waitFor("bob", now) == 0s);
  now += 61s;
  backoff.count("bob", now);  // forgetting happens along the way
  CHECK(backoff.size() == 1);
  CHECK(backoff.waitFor("ada", now) == 0s);
}

TEST_CASE("a right guess clears its account and gives one failure back to its address") {
  Backoff backoff({.free_failures = 0, .first_wait = 1s});
  MonoTime now{1h};
  backoff.count("address", now);
  backoff.count("address", now);
  CHECK(backoff.waitFor("address", now) == 2s);
  backoff.takeBack("address");
  CHECK(backoff.waitFor("address", now) == 1s);
  backoff.takeBack("address");
  backoff.takeBack("address");
  CHECK(backoff.size() == 0);
}

TEST_CASE("an attacker with many keys cannot grow the table") {
  Backoff backoff({.free_failures = 0, .keys = 100});
  MonoTime now{1h};
  for (int i = 0; i < 1000; ++i) backoff.count(std::to_string(i), now += 1ms);
  CHECK(backoff.size() == 100);
  CHECK(backoff.waitFor("899", now) == 0s);
  CHECK(backoff.waitFor("999", now) > 0s);
}

TEST_CASE("an IPv6 address counts by its /64, a mapped one as IPv4") {
  CHECK(addressKey("192.0.2.7") == "192.0.2.7");
  CHECK(addressKey("::ffff:192.0.2.7") == "192.0.2.7");
  CHECK(addressKey("2001:db8:1:2::1") == addressKey("2001:db8:1:2:ffff:1:2:3"));
  CHECK(addressKey("2001:db8:1:2::1") != addressKey("2001:db8:1:3::1"));
  CHECK(addressKey("fe80::1%eth0") == addressKey("fe80::2"));
}

TEST_CASE("where places are shared an IPv6 address counts by its /48, and this machine's does not count") {
  CHECK(networkKey("192.0.2.7") == "192.0.2.7");
  CHECK(networkKey("2001:db8:1:2::1") == networkKey("2001:db8:1:ffff::1"));
  CHECK(networkKey("2001:db8:1:2::1") != networkKey("2001:db8:2:2::1"));
  for (const char* here : {"127.0.0.1", "::1", "unix"}) CHECK(networkKey(here).empty());
}

TEST_CASE("the session cookie is out of reach of scripts and of other sites") {
  CHECK(setCookie("abc", 60s, false) == "robohub_session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60");
  CHECK(setCookie("abc", 60s, true) ==
        "__Host-robohub_session=abc; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=60");
  CHECK(clearCookie(false) == "robohub_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
  CHECK(tokenFromCookies("a=b; robohub_session=abc", false) == "abc");
  CHECK(tokenFromCookies("robohub_session=abc;x=y;robohub_session=other", false) == "abc");
  CHECK(tokenFromCookies("robohub_session=\"abc\"", false) == "abc");
  for (const char* none :
       {"", "robohub_session", "robohub_session=", "xrobohub_session=abc", "robohub_session2=abc", ";;;="})
    CHECK_FALSE(tokenFromCookies(none, false));
  CHECK_FALSE(tokenFromCookies("robohub_session=abc", true));
  // After a switch to TLS and back a browser may send both; each way has its own.
  const char* both = "robohub_session=plain; __Host-robohub_session=secure";
  CHECK(tokenFromCookies(both, false) == "plain");
  CHECK(tokenFromCookies(both, true) == "secure");
  CHECK_FALSE(tokenFromCookies("__Host-robohub_session=secure", false));
}
