#include "agent/telemetry_feed.hpp"

#include "unit/agent/a_type.hpp"

using namespace robohub;
using namespace std::chrono_literals;
using agent::TelemetryFeed;

namespace {

struct Fixture {
  std::shared_ptr<const plugin::Manifest> manifest = agent::test::aManifest();
  TelemetryFeed feed{*manifest->type("lamp")};
  MonoTime now{1h};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a channel sends no more often than it declares, and the newest value wins") {
  CHECK_FALSE(feed.publish("level", R"({"level":1})", 100, now));
  auto sent = feed.takeDue(now);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].channel == "level");
  CHECK(sent[0].t_ns == 100);
  CHECK(sent[0].value_json == R"({"level":1})");

  feed.publish("level", R"({"level":2})", 101, now + 1ms);
  feed.publish("level", R"({"level":3})", 102, now + 2ms);
  CHECK(feed.takeDue(now + 2ms).empty());
  CHECK(feed.nextDue() == now + 100ms);
  sent = feed.takeDue(now + 100ms);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].value_json == R"({"level":3})");
  CHECK(feed.nextDue() == MonoTime::max());
}

TEST_CASE_METHOD(Fixture, "a value that does not fit its schema is told once a minute and never sent") {
  const auto complaint = feed.publish("level", R"({"level":99})", 1, now);
  REQUIRE(complaint);
  CHECK(complaint->find("level") != std::string::npos);
  CHECK_FALSE(feed.publish("level", R"({"level":99})", 2, now + 59s));
  CHECK_FALSE(feed.publish("level", R"({"level":4})", 3, now + 59s));
  CHECK(feed.publish("level", "not json", 4, now + 60s));
  const auto sent = feed.takeDue(now + 61s);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].value_json == R"({"level":4})");

  CHECK(feed.publish("undeclared", "{}", 5, now));
  CHECK_FALSE(feed.publish("another", "{}", 6, now + 1s));
  CHECK(feed.takeDue(now + 120s).empty());
}

TEST_CASE_METHOD(Fixture, "a value too large for one message is left out") {
  CHECK(feed.publish("level", R"({"level":1,"x":")" + std::string(70'000, 'x') + "\"}", 1, now));
  CHECK(feed.takeDue(now).empty());
}

TEST_CASE_METHOD(Fixture, "a new connection gets the newest value of each channel at once") {
  feed.publish("level", R"({"level":5})", 1, now);
  feed.publish("heat", R"({"heat_c":20.5})", 2, now);
  CHECK(feed.takeDue(now).size() == 2);
  CHECK(feed.takeDue(now + 10s).empty());
  feed.sendAgain();
  CHECK(feed.takeDue(now + 10s).size() == 2);
  CHECK(feed.takeDue(now + 20s).empty());
}

TEST_CASE_METHOD(Fixture, "a channel at exactly its rate loses nothing to timers that are late") {
  // What is late: the timer of what waits.
  constexpr int kValues = 1000;
  int sent = 0;
  MonoTime next = MonoTime::max();
  for (int i = 0; i < kValues; ++i) {
    const MonoTime at = now + i * 100ms;
    for (; next <= at; next = feed.nextDue() == MonoTime::max() ? MonoTime::max() : feed.nextDue() + 1ms)
      sent += static_cast<int>(feed.takeDue(next).size());
    feed.publish("level", R"({"level":1})", i, at);
    next = std::max(at, feed.nextDue()) + 1ms;
  }
  sent += static_cast<int>(feed.takeDue(next).size());
  CHECK(sent == kValues);

  // And yet none too many: what comes behind a pause, twice as fast, goes at the rate that was declared.
  const MonoTime later = now + 1h;
  sent = 0;
  for (int i = 0; i < 200; ++i) {
    feed.publish("level", R"({"level":2})", i, later + i * 50ms);
    sent += static_cast<int>(feed.takeDue(later + i * 50ms).size());
  }
  CHECK(sent == 100);
}
