// What is said of pages that are not the hub's own, and what the log hears of them.
#include "api/refused_pages.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::api;
using namespace std::chrono_literals;

namespace {

net::HttpHead headOf(const std::string& host, const std::string& origin, const std::string& scheme = "https") {
  net::HttpHead head;
  head.scheme = scheme;
  head.headers.add("Host", host);
  head.headers.add("Origin", origin);
  return head;
}

}  // namespace

TEST_CASE("The log is told when a page came by the address that its browser has called, once a minute") {
  RefusedPages pages;
  const MonoTime start{1h};
  const auto line = pages.tell(headOf("laser.example", "https://laser.example"), start);
  REQUIRE(line);
  CHECK(line->find("server.origins: [\"https://laser.example\"]") != std::string::npos);
  CHECK_FALSE(pages.tell(headOf("laser.example", "https://laser.example"), start + 59s));
  CHECK_FALSE(pages.tell(headOf("other.example", "https://other.example"), start + 59s));
  CHECK(pages.tell(headOf("laser.example", "https://laser.example"), start + 60s));
}

TEST_CASE("The page of a proxy that is not trusted yet is the hub's too, and a stranger's never is") {
  const auto told = [](const std::string& host, const std::string& origin) {
    return RefusedPages().tell(headOf(host, origin, "http"), MonoTime{1h}).has_value();
  };
  CHECK(told("hub.example", "https://hub.example"));
  CHECK(told("Hub.example:443", "https://hub.example"));
  CHECK(told("hub.example:8080", "http://hub.example:8080"));
  CHECK(told("[2001:db8::1]:8443", "https://[2001:db8::1]:8443"));
  CHECK_FALSE(told("hub.example", "https://evil.example"));
  CHECK_FALSE(told("hub.example", "https://hub.example:8443"));
  CHECK_FALSE(told("hub.example", "null"));
  CHECK_FALSE(told("hub.example", ""));
  CHECK_FALSE(told("hub.example\"x", "https://hub.example\"x"));
  CHECK_FALSE(told("", "https://"));
}

TEST_CASE("Addresses and names that no stranger can own need not be listed") {
  for (const char* host :
       {"localhost", "127.0.0.1:80", "[::1]:80", "192.0.2.1", "raspberry", "turret.LOCAL", "a.localhost"})
    CHECK(isOurName(host));
  for (const char* host : {"hub.example", "hub.example:443", "1.evil.example", "local.example", "hub.lan"})
    CHECK_FALSE(isOurName(host));
}
