// How soon the device of a child that ended is opened again, and driven again.
#include <signal.h>

#include "host_harness.hpp"
#include "support/slowness.hpp"

using namespace harness;

TEST_CASE("what a killed child left on is switched off at once, however often it was killed before") {
  Bench bench("good");
  bench.openAndWait();
  for (int life = 1; life <= 5; ++life) {
    INFO(life);
    bench.permitFor(3, 10s);
    REQUIRE(bench.call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
    REQUIRE(bench.outputs->energised == 1);
    const auto pids = children();
    REQUIRE(pids.size() == 1);
    const auto before = nowNs();
    kill(pids[0], SIGKILL);
    REQUIRE(bench.until([&] { return bench.outputs->energised == 0; }));
    CHECK(nowNs() - before < 400'000'000LL * robohub::test::kSlowness);
    // It is driven again only when its process's delay is over, which grows: 0, 100, 200, 400, 800 ms.
    REQUIRE(bench.until([&] { return bench.seen.opened == life + 1; }));
    if (life == 5) CHECK(nowNs() - before >= 800'000'000);
  }
}
