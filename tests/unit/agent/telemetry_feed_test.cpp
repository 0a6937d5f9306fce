#include "agent/telemetry_feed.hpp"

#include "support/slowness.hpp"
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
  auto sent = feed.takeDue(now).values;
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].channel == "level");
  CHECK(sent[0].t_ns == 100);
  CHECK(sent[0].value_json == R"({"level":1})");

  feed.publish("level", R"({"level":2})", 101, now + 1ms);
  feed.publish("level", R"({"level":3})", 102, now + 2ms);
  CHECK(feed.takeDue(now + 2ms).values.empty());
  CHECK(feed.nextDue() == now + 100ms);
  sent = feed.takeDue(now + 100ms).values;
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].value_json == R"({"level":3})");
  CHECK(feed.nextDue() == MonoTime::max());
}

TEST_CASE_METHOD(Fixture, "a value that does not fit its schema is told once a minute and never sent") {
  CHECK_FALSE(feed.publish("level", R"({"level":99})", 1, now));
  auto due = feed.takeDue(now);
  CHECK(due.values.empty());
  REQUIRE(due.complaints.size() == 1);
  CHECK(due.complaints[0].find("level") != std::string::npos);
  feed.publish("level", R"({"level":99})", 2, now + 58s);
  due = feed.takeDue(now + 58s);
  CHECK(due.values.empty());
  CHECK(due.complaints.empty());
  feed.publish("level", R"({"level":4})", 3, now + 59s);
  due = feed.takeDue(now + 59s);
  REQUIRE(due.values.size() == 1);
  CHECK(due.values[0].value_json == R"({"level":4})");
  feed.publish("level", "not json", 4, now + 60s);
  due = feed.takeDue(now + 60s);
  CHECK(due.values.empty());
  CHECK(due.complaints.size() == 1);
  // The newest that was good is what a new connection gets.
  feed.publish("level", "", 5, now + 61s);
  feed.publish("level", "not json either", 6, now + 61s);
  feed.sendAgain();
  due = feed.takeDue(now + 61s);
  REQUIRE(due.values.size() == 1);
  CHECK(due.values[0].value_json == R"({"level":4})");
  CHECK(due.values[0].t_ns == 3);

  CHECK(feed.publish("undeclared", "{}", 7, now));
  CHECK_FALSE(feed.publish("another", "{}", 8, now + 1s));
  CHECK(feed.takeDue(now + 120s).values.empty());
}

TEST_CASE_METHOD(Fixture, "a flood of large values is not read but for those that are due") {
  std::string large = R"({"list":[)";
  while (large.size() < 60'000) large += "{},";
  large += "{}]}";
  const auto before = std::chrono::steady_clock::now();
  std::size_t refused = 0;
  for (int i = 0; i < 4096; ++i) {
    feed.publish("level", large, i, now);
    refused += feed.takeDue(now).complaints.size();
  }
  feed.publish("level", R"({"level":7})", 4096, now);
  const auto took = std::chrono::steady_clock::now() - before;
  // Reading each would take half a minute; one is read.
  CHECK(took < 5s * robohub::test::kSlowness);
  CHECK(refused == 1);
  CHECK(feed.nextDue() == now + 100ms);
  const auto sent = feed.takeDue(now + 100ms).values;
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].value_json == R"({"level":7})");
}

TEST_CASE_METHOD(Fixture, "a value too large for one message is left out") {
  CHECK(feed.publish("level", R"({"level":1,"x":")" + std::string(70'000, 'x') + "\"}", 1, now));
  CHECK(feed.takeDue(now).values.empty());
}

TEST_CASE_METHOD(Fixture, "a new connection gets the newest value of each channel at once") {
  feed.publish("level", R"({"level":5})", 1, now);
  feed.publish("heat", R"({"heat_c":20.5})", 2, now);
  CHECK(feed.takeDue(now).values.size() == 2);
  CHECK(feed.takeDue(now + 10s).values.empty());
  feed.sendAgain();
  CHECK(feed.takeDue(now + 10s).values.size() == 2);
  CHECK(feed.takeDue(now + 20s).values.empty());
}

TEST_CASE_METHOD(Fixture, "a channel at exactly its rate loses nothing to timers that are late") {
  // What is late: the timer of what waits.
  constexpr int kValues = 1000;
  int sent = 0;
  MonoTime next = MonoTime::max();
  for (int i = 0; i < kValues; ++i) {
    const MonoTime at = now + i * 100ms;
    for (; next <= at; next = feed.nextDue() == MonoTime::max() ? MonoTime::max() : feed.nextDue() + 1ms)
      sent += static_cast<int>(feed.takeDue(next).values.size());
    feed.publish("level", R"({"level":1})", i, at);
    next = std::max(at, feed.nextDue()) + 1ms;
  }
  sent += static_cast<int>(feed.takeDue(next).values.size());
  CHECK(sent == kValues);

  // And yet none too many: what comes behind a pause, twice as fast, goes at the rate that was declared.
  const MonoTime later = now + 1h;
  sent = 0;
  for (int i = 0; i < 200; ++i) {
    feed.publish("level", R"({"level":2})", i, later + i * 50ms);
    sent += static_cast<int>(feed.takeDue(later + i * 50ms).values.size());
  }
  CHECK(sent == 100);
}
