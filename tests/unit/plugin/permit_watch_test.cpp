// A driver halts itself when its permit runs out. The one whose process is frozen as a whole cannot; its host sees that
// it did not, by a clock of its own.
#include <signal.h>
#include <sys/wait.h>

#include "host_harness.hpp"
#include "plugin/permit_watch.hpp"

using namespace harness;

namespace {

constexpr const char* kFrozen = "it was killed: it did not say that it had halted when its permit ran out";

// Switched on under a permit of this length.
struct LitBench : Bench {
  std::int64_t until_ns = 0;

  explicit LitBench(std::chrono::milliseconds grace) : Bench("good") { setup.permit_grace = grace; }
  void light(Duration permit) {
    openAndWait();
    until_ns = nowNs() + permit.count();
    host->permit(3, until_ns);
    REQUIRE(call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
    REQUIRE(outputs->energised == 1);
  }
};

void freezeTheChild() {
  const pid_t pid = children().at(0);
  kill(pid, SIGSTOP);
  siginfo_t stopped{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(pid), &stopped, WSTOPPED | WNOWAIT) == 0);  // all its threads stand
}

}  // namespace

TEST_CASE("a frozen child is killed when its permit has run out, though nobody asks it to halt") {
  LitBench bench(25ms);
  bench.light(1s);
  freezeTheChild();
  REQUIRE(bench.until([&] { return !bench.seen.deaths.empty(); }));
  CHECK(nowNs() >= bench.until_ns + 25'000'000);
  CHECK(bench.seen.deaths == std::vector<std::string>{kFrozen});
  REQUIRE(bench.until([&] { return bench.seen.opened == 2; }));
  CHECK(bench.outputs->energised == 0);
}

TEST_CASE("a frozen child is killed at its permit's end, however late a halt has been asked for") {
  LitBench bench(200ms);
  bench.light(1s);
  freezeTheChild();
  while (nowNs() < bench.until_ns + 180'000'000) usleep(1000);
  bench.host->halt(7, "test");  // has 50 ms, which end later
  REQUIRE(bench.until([&] { return bench.seen.opened == 2; }));
  CHECK(bench.seen.deaths == std::vector<std::string>{kFrozen});
  REQUIRE(bench.until([&] { return bench.seen.haltOf(7).has_value(); }));
}

TEST_CASE("a child that says by itself that it has halted at its permit's end is spared") {
  LitBench bench(400ms);
  bench.light(500ms);
  REQUIRE(bench.until([&] { return bench.seen.haltOf(0).has_value(); }));
  CHECK(bench.seen.haltOf(0)->confirmed);
  CHECK(nowNs() >= bench.until_ns);
  CHECK_FALSE(bench.until([&] { return !bench.seen.deaths.empty(); }, 1s));
}

TEST_CASE("a child that has confirmed a halt owes none at the end of the permit before it") {
  LitBench bench(400ms);
  bench.light(400ms);
  CHECK(bench.haltAndWait().confirmed);
  CHECK_FALSE(bench.until([&] { return !bench.seen.deaths.empty(); }, 1s));
  CHECK_FALSE(bench.seen.haltOf(0).has_value());
}

TEST_CASE("a renewed permit has the newer end") {
  LitBench bench(25ms);
  bench.light(300ms);
  bench.permitFor(3, 60s);
  freezeTheChild();
  CHECK_FALSE(bench.until([&] { return !bench.seen.deaths.empty(); }, 700ms));
  // Nor is one that was ended by whoever gave it.
  bench.host->permit(3, nowNs() + 100'000'000);
  bench.host->permit(3, 0);
  CHECK_FALSE(bench.until([&] { return !bench.seen.deaths.empty(); }, 400ms));
}

TEST_CASE("the answer to a halt of before a reopening says nothing about the reopening") {
  const MonoTime now = std::chrono::steady_clock::now();
  PermitWatch watch(25ms);
  watch.permit(now + 1s, 1);
  CHECK(watch.due() == now + 1025ms);
  watch.pause(2);
  watch.onConfirmed(2);
  watch.endTurn();
  watch.permit(now + 2s, 2);
  CHECK(watch.due() == MonoTime::max());
  watch.onConfirmed(3);
  watch.permit(now + 3s, 3);
  CHECK(watch.due() == now + 3025ms);
}
