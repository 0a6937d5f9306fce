#include "live/agent_clock.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace robohub;
using live::AgentClock;
using namespace std::chrono_literals;

TEST_CASE("A value's time is that of its measurement, however long beats and values were on the way") {
  std::mt19937 random(5);
  ManualClock clock;
  AgentClock agent;
  // The device's clock is 1000 s behind ours and loses 20 us each second.
  const MonoTime start = clock.now();
  auto agentNs = [&](MonoTime at) { return toNs(at) - 1'000'000'000'000 - (at - start).count() / 50'000; };
  for (int i = 0; i < 6000; ++i) {
    clock.advance(100ms);
    // 2 ms on the way, now and then much more.
    const Duration way = 2ms + (random() % 5 == 0 ? Duration(random() % 800'000'000) : Duration(0));
    agent.heard(agentNs(clock.now() - way), clock.now());
    const Duration age(static_cast<std::int64_t>(random() % 5'000'000'000ULL) + 3'000'000);
    const std::int64_t told = agent.wallMs(agentNs(clock.now() - age), clock.now(), clock.wall());
    const std::int64_t true_ms = toMs(clock.wall()) - toMs(age);
    CHECK(std::abs(told - true_ms) <= 6);
  }
}

TEST_CASE("A clock that nobody has heard of counts as now, and nothing is ever in the future or overflows") {
  ManualClock clock;
  AgentClock agent;
  CHECK(agent.wallMs(12345, clock.now(), clock.wall()) == toMs(clock.wall()));
  agent.heard(toNs(clock.now()), clock.now());
  CHECK(agent.wallMs(toNs(clock.now() + 5s), clock.now(), clock.wall()) == toMs(clock.wall()));
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max(), kLeast = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t odd : {kMost, kLeast, std::int64_t{0}}) {
    const std::int64_t told = agent.wallMs(odd, clock.now(), clock.wall());
    CHECK(told <= toMs(clock.wall()));
    CHECK(told >= toMs(clock.wall()) - 366LL * 24 * 3'600'000);
    AgentClock hostile;
    hostile.heard(odd, clock.now());
    for (const std::int64_t other : {kMost, kLeast, std::int64_t{0}})
      CHECK(hostile.wallMs(other, clock.now(), clock.wall()) <= toMs(clock.wall()));
  }
  agent.reset();
  CHECK(agent.wallMs(0, clock.now(), clock.wall()) == toMs(clock.wall()));
}
