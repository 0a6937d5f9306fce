#include <catch2/catch.hpp>

#include "agent/clean_text.hpp"
#include "agent/event_feed.hpp"
#include "agent/hub_address.hpp"
#include "agent/random.hpp"
#include "net/redial_delay.hpp"
#include "net/utf8.hpp"

using namespace robohub;
using namespace robohub::agent;
using namespace std::chrono_literals;

TEST_CASE("a stranger's line can neither forge a line of the log nor break a message") {
  CHECK(cleanText("plain, caf\xc3\xa9 \xe2\x82\xac") == "plain, caf\xc3\xa9 \xe2\x82\xac");
  CHECK(cleanText("a\nb\r\nc\x1b[31m\x7f") == "a b  c [31m ");
  CHECK(cleanText("csi \xc2\x9b"
                  "31m") == "csi  31m");
  CHECK(cleanText("bad \xff\xfe end") == "bad ?? end");
  CHECK(cleanText("cut \xe2\x82") == "cut ??");
  CHECK(cleanText("12345", 3) == "123");
  CHECK(cleanText("1\xe2\x82\xac", 3) == "1");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(net::isUtf8(cleanText(all + all, 4096)));
}

TEST_CASE("dialling waits 0.2 s, doubling to 10 s, with half of it as jitter either way") {
  net::RedialDelay delay;
  CHECK(delay.next(0.5) == 200ms);
  CHECK(delay.next(0.5) == 400ms);
  CHECK(delay.next(0.0) == 400ms);
  CHECK(delay.next(0.0) == 800ms);
  for (int i = 0; i < 20; ++i) delay.next(0.3);
  CHECK(delay.next(0.0) == 5s);
  CHECK(delay.next(0.999999) < 15s);
  delay.succeeded();
  CHECK(delay.next(0.5) == 200ms);
  delay.lengthen();
  CHECK(delay.next(0.5) == 10s);
}

TEST_CASE("a driver that logs in a loop sends a burst and then two lines a second") {
  EventFeed feed;
  const MonoTime start{1h};
  std::size_t taken = 0;
  for (int i = 0; i < 1000; ++i) taken += feed.add(link::EventLevel::warning, "again", start);
  CHECK(taken == EventFeed::kBurst);
  CHECK(feed.takeAll().size() == EventFeed::kBurst);
  CHECK_FALSE(feed.add(link::EventLevel::warning, "again", start + 499ms));
  CHECK(feed.add(link::EventLevel::warning, "later", start + 500ms));
  const auto later = feed.takeAll();
  REQUIRE(later.size() == 1);
  CHECK(later[0].text == "later (981 lines before it were left out)");
  CHECK(feed.takeAll().empty());
}

TEST_CASE("while the link is down the newest lines are kept") {
  EventFeed feed;
  MonoTime now{1h};
  for (int i = 0; i < 100; ++i) {
    now += 1s;
    feed.add(link::EventLevel::info, std::to_string(i), now);
  }
  const auto kept = feed.takeAll();
  REQUIRE(kept.size() == EventFeed::kKept);
  CHECK(kept.front().text == "68");
  CHECK(kept.back().text == "99");
}

TEST_CASE("the hub's address may have a path in front, but nothing else") {
  const auto plain = HubAddress::parse("http://hub.example:8080");
  REQUIRE(plain);
  CHECK(plain->target("/api/v1/agent") == "/api/v1/agent");
  CHECK(plain->endpoint.port == 8080);
  CHECK(HubAddress::parse("http://hub.example/robots/")->target("/x") == "/robots/x");
  CHECK_FALSE(HubAddress::parse("http://hub.example/?a=b"));
  CHECK(HubAddress::parse("https://hub.example")->endpoint.secure);
  CHECK(HubAddress::parse("https://hub.example")->endpoint.port == 443);
}

TEST_CASE("keys and nonces are of the length that the protocol says, and differ") {
  CHECK(randomKey().size() == 43);
  CHECK(randomKey().find_first_of("+/=") == std::string::npos);
  CHECK(randomKey() != randomKey());
  CHECK(randomHex(8).size() == 16);
  CHECK_FALSE(randomNonce() == randomNonce());
  for (int i = 0; i < 100; ++i) CHECK((randomFraction() >= 0 && randomFraction() < 1));
}
