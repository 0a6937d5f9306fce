// A driver halts itself when its permit runs out. The one whose process is frozen as a whole cannot; its host sees that
// it did not, by a clock of its own.
#include <signal.h>
#include <sys/wait.h>

#include "host_harness.hpp"
#include "plugin/permit_watch.hpp"
#include "support/slowness.hpp"

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

// A host with a driver that hangs in a write, in a process of its own, which can be stopped like a whole machine. Its
// exit code says whether the driver was taken for a frozen one. Throws nothing: it is a copy of the test's own process.
[[noreturn]] void hostOfOneThatHangs(int told) {
  int code = 2;
  try {
    Bench bench("hanging");
    bench.openAndWait();
    bench.outputs->hold = 1;
    bench.outputs->put(true);  // as if a write had come through
    const std::int64_t until_ns = nowNs() + 250'000'000;
    bench.host->permit(3, until_ns);
    bench.ask("inside", "{}", 60s, 3);
    const std::int64_t words[2] = {children().at(0), until_ns};
    if (bench.until([&] { return bench.outputs->waiting == 1; }) && write(told, words, sizeof words) == sizeof words &&
        bench.until([&] { return !bench.seen.deaths.empty(); }))
      code = bench.seen.deaths[0] == kFrozen;
    bench.outputs->hold = 0;
  } catch (...) {
    code = 3;
  }
  _exit(code);
}

// Stands still over the permit's end, host and driver at once, and says how the host above ended.
int standStillOverAPermitsEnd() {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t host = fork();
  if (host == 0) hostOfOneThatHangs(ends[1]);
  close(ends[1]);
  std::int64_t words[2] = {};
  const bool lit = read(ends[0], words, sizeof words) == sizeof words;
  close(ends[0]);
  if (lit) {
    const auto driver = static_cast<pid_t>(words[0]);
    while (nowNs() < words[1] - 50'000'000) usleep(1000);
    kill(host, SIGSTOP);
    kill(driver, SIGSTOP);
    while (nowNs() < words[1] + 60'000'000) usleep(1000);
    kill(driver, SIGCONT);
    kill(host, SIGCONT);
  }
  int status = 0;
  REQUIRE(waitpid(host, &status, 0) == host);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a child that stood still with its whole machine over its permit's end is given the time to halt") {
  if (robohub::test::kSlowness > 1) {
    WARN("left out: a sanitizer takes the milliseconds that this is about");
    return;
  }
  int spared = 0;
  for (int i = 0; i < 5; ++i) {
    const int code = standStillOverAPermitsEnd();
    REQUIRE(code < 2);
    spared += code == 0;
  }
  CHECK(spared >= 3);  // other work on this machine may take a few milliseconds, too
}

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
  CHECK(watch.owes());
  watch.pause(2);
  watch.onConfirmed(2);
  watch.endTurn();
  watch.permit(now + 2s, 2);
  CHECK_FALSE(watch.owes());
  CHECK(watch.due() == MonoTime::max());
  watch.onConfirmed(3);
  watch.permit(now + 3s, 3);
  CHECK(watch.owes());
}

namespace {

// A watch with a grace of 15 ms on a permit that ends at `end`, looked at when it wants to be and `late` behind that.
struct Watched {
  const MonoTime end = std::chrono::steady_clock::now();
  PermitWatch watch{15ms};
  bool stands = false;

  Watched() { watch.permit(end, 0); }
  bool look(Duration after_end) {
    return watch.isFrozen(end + after_end, [this] { return stands; });
  }
  Duration due() const { return watch.due() - end; }
};

}  // namespace

TEST_CASE("a process counts as frozen when its grace is over, by a host that woke in time") {
  Watched at;
  CHECK_FALSE(at.look(-1ms));
  CHECK(at.due() == 0ms);
  CHECK_FALSE(at.look(1ms));
  CHECK(at.due() == 15ms);
  CHECK_FALSE(at.look(14ms));
  CHECK(at.look(15ms));
}

TEST_CASE("a host that overslept gives a process a moment from its own waking, once") {
  SECTION("over the permit's end") {
    Watched at;
    CHECK_FALSE(at.look(20ms));
    CHECK(at.due() == 28ms);
    CHECK(at.look(28ms));
  }
  SECTION("over the end of the grace") {
    Watched at;
    CHECK_FALSE(at.look(0ms));
    CHECK_FALSE(at.look(19ms));
    CHECK(at.due() == 27ms);
    CHECK(at.look(60ms));  // no second one
  }
  SECTION("by less than the grace leaves: there is no need of one, and it is not spent") {
    Watched at;
    CHECK_FALSE(at.look(5ms));
    CHECK(at.due() == 15ms);
    CHECK_FALSE(at.look(30ms));
    CHECK(at.look(38ms));
  }
  SECTION("a shorter one near to the end of the promise, none at it, a whole one behind it") {
    Watched near;
    CHECK_FALSE(near.look(36ms));
    CHECK(near.due() == 40ms);
    Watched nearer;
    CHECK(nearer.look(38ms));  // what is left of the promise is the kill's
    Watched nearest;
    CHECK(nearest.look(49ms));
    Watched behind;
    CHECK_FALSE(behind.look(80ms));
    CHECK(behind.due() == 88ms);
  }
  SECTION("but none where the process is stopped") {
    Watched at;
    at.stands = true;
    CHECK(at.look(20ms));
  }
  SECTION("and another one for another permit") {
    Watched at;
    CHECK_FALSE(at.look(20ms));
    at.watch.permit(at.end + 100ms, 0);
    CHECK_FALSE(at.look(120ms));
    CHECK(at.look(128ms));
  }
}
