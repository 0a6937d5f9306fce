// Every route, asked by everybody: who may, and who may not.
#include <catch2/catch.hpp>

#include "identity/accounts.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

// What each kind of person may, as one letter each, in the order of kPeople.
//   y: gets an answer of the route itself (never 401 or 403)   1: 401   3: 403
struct Row {
  const char* method;
  const char* target;
  const char* body;
  const char* expected;  // nobody, guest who may watch only, guest who may play, viewer, administrator
};

constexpr Row kRows[] = {
    {"GET", "/healthz", "", "yyyyy"},
    {"GET", "/readyz", "", "yyyyy"},
    {"GET", "/", "", "yyyyy"},
    {"GET", "/devices/d1", "", "yyyyy"},
    {"GET", "/api/v1/openapi.json", "", "yyyyy"},
    {"GET", "/api/v1/session", "", "yyyyy"},
    {"POST", "/api/v1/session", "{}", "yyyyy"},
    {"POST", "/api/v1/setup", "{}", "yyyyy"},
    {"POST", "/api/v1/agent/claim", "{}", "yyyyy"},
    {"GET", "/api/v1/agent", "", "11111"},
    {"GET", "/api/v1/live", "", "1yyyy"},
    {"GET", "/api/v1/devices", "", "1yyyy"},
    {"GET", "/api/v1/devices/d1", "", "1yyyy"},
    {"GET", "/api/v1/devices/unknown", "", "1yyyy"},
    {"POST", "/api/v1/devices", "{}", "1333y"},
    {"POST", "/api/v1/devices", "{\"id\":\"d2\",\"type\":\"test_good\"}", "1333y"},
    {"DELETE", "/api/v1/devices/unknown", "", "1333y"},
    {"POST", "/api/v1/devices/d1/commands/add", "{\"a\":1,\"b\":2}", "13y3y"},
    {"POST", "/api/v1/devices/unknown/commands/add", "{}", "13y3y"},
    {"GET", "/api/v1/devices/d1/turn", "", "1yyyy"},
    {"POST", "/api/v1/devices/d1/turn", "", "13y3y"},
    {"DELETE", "/api/v1/devices/d1/turn", "", "13y3y"},
    {"POST", "/api/v1/devices/d1/stop", "{}", "1yyyy"},
    {"POST", "/api/v1/stop", "{}", "1yyyy"},
    // A guest who may play is refused by the rules: the device has hazards.
    {"POST", "/api/v1/devices/d1/stop/reset", "", "1333y"},
    {"GET", "/api/v1/devices/d1/streams/nothing.jpg", "", "1yyyy"},
    {"GET", "/api/v1/devices/d1/streams/nothing.mjpeg", "", "1yyyy"},
    {"GET", "/plugins/test_good/1.0.0/panel.js", "", "1yyyy"},
    {"DELETE", "/api/v1/session", "", "yyyyy"},
};

}  // namespace

TEST_CASE("Every route answers exactly those who may") {
  constexpr const char* kPeople[] = {"nobody", "guest who may watch", "guest who may play", "viewer", "administrator"};
  for (std::size_t column = 0; column < 5; ++column) {
    TestHub hub([&](hub::Settings& settings) {
      settings.identity.access = {column == 1 || column == 2, column == 2};
      // An account that may only watch is made before the hub runs, as `robohub user add` would.
      if (column != 3) return;
      const auto data = store::DataFolder::open(settings.data, "test").value();
      const auto database = store::Database::open(*data).value();
      REQUIRE(identity::addAccount(*database, "vera", "correct horse", identity::Role::viewer, SystemClock()));
    });
    hub.device("d1");
    std::string cookie;
    if (column == 1 || column == 2) cookie = hub.guest("Ada");
    if (column == 3)
      cookie = TestHub::cookieOf(hub.post("/api/v1/session", "{\"username\":\"vera\",\"password\":\"correct horse\"}"));
    if (column == 4) cookie = hub.administrator();
    CHECK(cookie.empty() == (column == 0));
    for (const Row& row : kRows) {
      INFO(kPeople[column] << ": " << row.method << " " << row.target);
      const Answer answer = hub.ask({.method = row.method, .target = row.target, .body = row.body, .cookie = cookie});
      INFO(answer.body);
      switch (row.expected[column]) {
        case '1': CHECK(answer.status == 401); break;
        case '3': CHECK(answer.status == 403); break;
        default:
          CHECK(answer.status != 401);
          // Only the door's own refusals; a wrong claim code is the route's answer.
          if (answer.status == 403) CHECK(answer.text("pointer") == "/code");
          CHECK(answer.status != 405);
          CHECK(answer.status < 504);
          CHECK(answer.status != 500);
      }
    }
  }
}

TEST_CASE("Whoever may not watch is refused the live socket before it opens") {
  TestHub hub;
  CHECK(hub.page("robohub_session=nothing").status() == 401);
  CHECK(hub.page(hub.guest("Ada")).status() == 101);
}
