// How soon the device of a child that ended is opened again, and driven again.
#include <signal.h>

#include "host_harness.hpp"
#include "rh/abi.h"
#include "support/slowness.hpp"

using namespace harness;

namespace {

// Its output on, and its process killed so often before that the next one has long to wait.
struct OftenKilled : Bench {
  OftenKilled() : Bench("good") {
    openAndWait();
    for (int life = 1; life <= 5; ++life) {
      light();
      killChild();
      REQUIRE(until([&] { return seen.opened == life + 1; }));
    }
    light();
  }
  void light() {
    permitFor(3, 10s);
    REQUIRE(call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
    REQUIRE(outputs->energised == 1);
  }
  static void killChild() {
    const auto pids = children();
    REQUIRE(pids.size() == 1);
    kill(pids[0], SIGKILL);
  }
  void failNextOpens(std::uint32_t opens, rh_status status) {
    outputs->failing_status = status;
    outputs->failing_opens = opens;
  }
};

}  // namespace

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

TEST_CASE("what a killed child left on is switched off soon although it cannot be opened at once") {
  OftenKilled bench;
  bench.failNextOpens(3, RH_UNAVAILABLE);
  const auto before = nowNs();
  OftenKilled::killChild();
  REQUIRE(bench.until([&] { return bench.outputs->energised == 0; }, 20s));
  CHECK(nowNs() - before < 1'000'000'000LL * robohub::test::kSlowness);
  CHECK(bench.seen.open_failures.size() == 3);
}

TEST_CASE("what a killed child left on is switched off although opening it failed as if for ever") {
  const rh_status status = GENERATE(as<rh_status>{}, RH_UNSUPPORTED, RH_NOT_PERMITTED, RH_CORRUPT);
  INFO(status);
  Bench bench("good");
  bench.openAndWait();
  bench.permitFor(3, 10s);
  REQUIRE(bench.call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
  bench.outputs->failing_status = status;
  bench.outputs->failing_opens = 2;
  OftenKilled::killChild();
  CHECK(bench.until([&] { return bench.outputs->energised == 0; }, 3s));
}

TEST_CASE("a device that is opened anew within a turn is told that this one goes on, and that the next one begins") {
  Bench bench("good");
  bench.openAndWait();
  const auto toldOf = [&](Epoch epoch) {
    bench.seen.lines.clear();
    bench.permitFor(epoch, 10s);
    REQUIRE(bench.until([&] { return bench.seen.logged("turn " + std::to_string(epoch)); }));
    return bench.seen.logged("turn goes on");
  };
  CHECK_FALSE(toldOf(3));
  OftenKilled::killChild();
  REQUIRE(bench.until([&] { return bench.seen.opened == 2; }));
  CHECK(toldOf(3));
  CHECK_FALSE(toldOf(4));
  bench.host->configure(bench.setup.config);  // not taken live: closed and opened in the same process
  REQUIRE(bench.until([&] { return bench.seen.opened == 3; }));
  CHECK(toldOf(4));
  CHECK_FALSE(toldOf(5));
}

TEST_CASE("a turn that began under an agent before this one is told to go on, wherever the driver runs") {
  for (const bool in_child : {true, false}) {
    INFO((in_child ? "child" : "inline"));
    Bench bench(in_child ? "good" : "noisy", "", in_child);
    bench.openAndWait();
    bench.host->turnGoesOn(7);
    bench.permitFor(7, 10s);
    CHECK(bench.until([&] { return bench.seen.logged("turn goes on"); }));
    bench.seen.lines.clear();
    bench.permitFor(8, 10s);
    REQUIRE(bench.until([&] { return bench.seen.logged("turn 8"); }));
    CHECK_FALSE(bench.seen.logged("turn goes on"));
  }
}

TEST_CASE("a device that was never driven is not opened again where opening it would fail for ever") {
  Bench bench("good");
  bench.outputs->failing_status = RH_UNSUPPORTED;
  bench.outputs->failing_opens = 1;
  bench.open();
  REQUIRE(bench.until([&] { return bench.seen.open_failures.size() == 1; }));
  CHECK_FALSE(bench.until([&] { return bench.outputs->opens > 1; }, 300ms));
}
