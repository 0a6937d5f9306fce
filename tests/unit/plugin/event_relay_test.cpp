#include "plugin/event_relay.hpp"

#include <catch2/catch.hpp>

#include "unit/plugin/host_harness.hpp"

using namespace robohub;
using namespace robohub::plugin;

namespace {

// A loop that takes nothing before the test says so.
struct Relayed {
  std::deque<std::function<void()>> posted;
  harness::Recorder seen;
  EventRelay relay{seen, [this](std::function<void()> fn) { posted.push_back(std::move(fn)); }};

  void say(const std::string& channel, const std::string& json) {
    relay.sendLossy(channel, channel.size() + json.size(),
                    [channel, json](DriverEvents& events) { events.onPublish(channel, json, 0); });
  }
  void run() {
    for (; !posted.empty(); posted.pop_front()) posted.front()();
  }
};

}  // namespace

TEST_CASE("of a flood of small values so many wait, and the newest of each channel") {
  Relayed all;
  all.say("quiet", "1");
  for (int i = 0; i < 5000; ++i) all.say("loud", std::to_string(i));
  CHECK(all.posted.size() == 1024);
  all.run();
  REQUIRE(all.seen.published.size() == 1024);
  CHECK(all.seen.published.front().channel == "quiet");
  CHECK(all.seen.published.back().json == "4999");
}

TEST_CASE("of a flood of large values no more wait than a loop takes at once, whatever they are called") {
  Relayed all;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 500; ++i) all.say("small", std::to_string(i));
    for (int i = 0; i < 1000; ++i) all.say("large" + std::to_string(i % 200), std::string(64 * 1024, 'x'));
    all.say("last", "1");
  }
  CHECK(all.posted.size() <= 1024);
  all.run();
  std::size_t bytes = 0;
  for (const auto& each : all.seen.published) bytes += each.json.size();
  CHECK(bytes <= 4u << 20);
  REQUIRE_FALSE(all.seen.published.empty());
  CHECK(all.seen.published.back().channel == "last");
  // Behind that it goes on as before.
  all.seen.published.clear();
  all.say("small", "2");
  all.run();
  REQUIRE(all.seen.published.size() == 1);
}

TEST_CASE("what nobody asked for is taken up to a number, and again when some of it has gone") {
  Relayed all;
  std::size_t ran = 0, taken = 0;
  for (int i = 0; i < 10'000; ++i) taken += all.relay.sendCounted([&](DriverEvents&) { ++ran; });
  CHECK(taken == 8192);
  all.run();
  CHECK(ran == 8192);
  CHECK(all.relay.sendCounted([&](DriverEvents&) { ++ran; }));
}
