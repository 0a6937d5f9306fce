#include "net/origin.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::net;

namespace {

OriginCheck check(const std::string& host, const std::string& origin, const std::string& scheme = "http") {
  HttpHead head;
  head.scheme = scheme;
  head.headers.add("Host", host);
  if (!origin.empty()) head.headers.add("Origin", origin);
  return checkOrigin(head, {"https://robots.example"});
}

}  // namespace

TEST_CASE("only the page's own origin and listed ones pass") {
  CHECK(check("hub.local:8080", "http://hub.local:8080") == OriginCheck::same);
  CHECK(check("Hub.Local", "http://hub.local") == OriginCheck::same);
  CHECK(check("hub.local:80", "http://hub.local") == OriginCheck::same);
  CHECK(check("hub.local", "https://hub.local", "https") == OriginCheck::same);
  CHECK(check("[::1]:8080", "http://[::1]:8080") == OriginCheck::same);
  CHECK(check("127.0.0.1:8080", "https://robots.example") == OriginCheck::listed);
  CHECK(check("127.0.0.1:8080", "https://robots.example:443") == OriginCheck::listed);
  CHECK(check("hub.local", "") == OriginCheck::absent);
  for (const auto* origin :
       {"null", "http://hub.local.evil.example", "http://evil.example/http://hub.local", "http://xhub.local",
        "https://hub.local", "http://hub.local:8081", "http://hub.local@evil.example",
        "http://hub.local http://evil.example", "hub.local", "//hub.local", "http://hub.local/", "file://", "http://",
        "http://robots.example", "https://robots.example.evil", "chrome-extension://hub.local"}) {
    INFO(origin);
    CHECK(check("hub.local", origin) == OriginCheck::foreign);
  }
}

TEST_CASE("two origins are none") {
  HttpHead head;
  head.headers = {{"Host", "a"}, {"Origin", "http://a"}, {"Origin", "http://a"}};
  CHECK(checkOrigin(head) == OriginCheck::foreign);
}
