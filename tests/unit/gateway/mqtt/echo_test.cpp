// Whether a broker passes on what it takes, by what comes back of what the hub says each second.
#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>

#include "gateway/mqtt/echo.hpp"

using namespace robohub;
using namespace robohub::gateway;
using namespace std::chrono_literals;
using Verdict = MqttEcho::Verdict;

namespace {

// The hub and a broker that gives everything back after a while.
struct World {
  MqttEcho echo{"h1"};
  MonoTime now{1000s};
  Duration round_trip = 10ms;
  bool stands_still = false;
  std::deque<std::pair<MonoTime, std::string>> under_way;  // by when it comes back

  World() { echo.connected(now); }
  // The worst that was the case within it.
  Verdict pass(Duration time) {
    Verdict worst = Verdict::fine;
    for (const MonoTime until = now + time; now < until; now += 10ms) {
      if (now.time_since_epoch() % MqttEcho::kEvery == 0s) under_way.emplace_back(now + round_trip, echo.next());
      while (!stands_still && !under_way.empty() && under_way.front().first <= now) {
        (void)echo.heard(under_way.front().second, now);
        under_way.pop_front();
      }
      worst = std::max(worst, echo.verdict(now));
    }
    return worst;
  }
};

}  // namespace

TEST_CASE("a broker that takes longer than a second to pass on what it takes does not stand still") {
  World world;
  CHECK(world.pass(20s) == Verdict::fine);
  for (const Duration round_trip : {1100ms, 1500ms, 2500ms, 300ms}) {
    INFO(toMs(round_trip));
    world.round_trip = round_trip;
    CHECK(world.pass(20s) == Verdict::fine);
  }
}

TEST_CASE("a broker that passes nothing on is noticed after three seconds, and one that takes longer than that too") {
  World still;
  still.pass(5s);
  still.stands_still = true;
  CHECK(still.pass(2s) == Verdict::fine);
  CHECK(still.pass(3s) == Verdict::late);
  CHECK(still.pass(5s) == Verdict::lost);
  World slow;
  slow.pass(5s);
  slow.round_trip = 4s;
  CHECK(slow.pass(9s) == Verdict::late);
  CHECK(slow.pass(5s) == Verdict::lost);
}

TEST_CASE("what a broker gives back of the time in which it stood still does not make it quick") {
  World world;
  world.pass(5s);
  world.stands_still = true;
  world.pass(8s);
  while (world.under_way.size() > 3) {
    CHECK_FALSE(world.echo.heard(world.under_way.front().second, world.now));
    world.under_way.pop_front();
  }
  CHECK(world.echo.verdict(world.now) == Verdict::late);
  CHECK(world.echo.heard(world.under_way.back().second, world.now));
  CHECK(world.echo.verdict(world.now) == Verdict::fine);
}

TEST_CASE("what others say on the hub's topic is no echo, and a broker that echoes nothing is not judged") {
  World world;
  MqttEcho other("h2");
  CHECK_FALSE(world.echo.heard(other.next(), world.now));
  CHECK_FALSE(world.echo.heard(world.echo.goodbye(), world.now));
  const std::string mine = world.echo.next();
  CHECK(mine == R"({"hub":"h1","online":true,"n":1})");
  for (const std::string& text :
       {std::string(), mine.substr(0, mine.size() - 1), mine + " ", std::string(R"({"hub":"h1","online":true,"n":})"),
        std::string(R"({"hub":"h1","online":true,"n":2})")}) {
    INFO(text);
    CHECK_FALSE(world.echo.heard(text, world.now));
  }
  world.stands_still = true;
  CHECK(world.pass(60s) == Verdict::fine);
  CHECK_FALSE(world.echo.heard(mine, world.now));
}
