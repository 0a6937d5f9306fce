// Since when a device is there or away.
#include <catch2/catch.hpp>

#include "identity/secrets.hpp"
#include "live/live_device.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace robohub::live::test;

namespace {

// The wall clock's next millisecond.
std::int64_t later(const Clock& clock) {
  const std::int64_t now = toMs(clock.wall());
  std::int64_t next = now;
  while (next == now) next = toMs(clock.wall());
  return next;
}

}  // namespace

TEST_CASE("A device that has not come since the hub started is away since then, not since it was enrolled") {
  LiveBench bench;
  const auto enrolment =
      store::waitFor<device::Enrolment>([&](auto done) { bench.registry->renewCode(bench.id, done); }).value();
  const auto claimed = store::waitFor<std::string>(
      [&](auto done) { bench.registry->claim(enrolment.claim_code, bench.id, identity::randomToken(), done); });
  REQUIRE(claimed);
  bench.ready();
  const std::int64_t before = later(bench.clock);
  bench.restart();
  const auto view = bench.device()->view();
  CHECK(view->presence == Presence::offline);
  CHECK(view->since_ms >= before);
}

TEST_CASE("A device that never came is told with when it was enrolled") {
  LiveBench bench;
  const std::int64_t before = later(bench.clock);
  bench.restart();
  const auto view = bench.device()->view();
  CHECK(view->presence == Presence::never);
  CHECK(view->since_ms < before);
}
