// Many guests of one address: what they may take, and what they leave to others.
#include <catch2/catch.hpp>

#include "net/network.hpp"
#include "unit/hub/test_hub.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

// A guest who comes through the proxy from this address and joins the line of d1.
Answer joinFrom(const TestHub& hub, const std::string& address) {
  const std::vector<std::string> from{"X-Forwarded-For: " + address};
  const Answer guest =
      hub.ask({.method = "POST", .target = "/api/v1/session", .body = R"({"guest":"Ann"})", .more = from});
  REQUIRE(guest.status == 200);
  return hub.ask(
      {.method = "POST", .target = "/api/v1/devices/d1/turn", .cookie = TestHub::cookieOf(guest), .more = from});
}

int joined(const TestHub& hub, const std::string& address, int guests) {
  int in = 0;
  for (int i = 0; i < guests; ++i) in += joinFrom(hub, address).status == 200;
  return in;
}

}  // namespace

TEST_CASE("Guests of one address leave half of a line to others, as the proxy tells the addresses") {
  TestHub hub([](hub::Settings& settings) {
    settings.http.trusted_proxies.push_back(net::Network::parse("127.0.0.1").value());
    settings.turns.max_waiting = 20;
  });
  hub.device("d1");
  CHECK(joined(hub, "203.0.113.5", 30) == 10);
  CHECK(joinFrom(hub, "203.0.113.5").text("code") == "exhausted");
  CHECK(joined(hub, "2001:db8:1:2::7", 10) == 5);
  CHECK(joined(hub, "2001:db8:1:2::8", 1) == 0);
  CHECK(joined(hub, "198.51.100.7", 3) == 3);
}

TEST_CASE("In a line too, guests behind a proxy that is not listed are no crowd of one address") {
  TestHub hub([](hub::Settings& settings) { settings.turns.max_waiting = 20; });
  hub.device("d1");
  CHECK(joined(hub, "203.0.113.5", 25) == 20);
}
