// What becomes of commands that take longer than they may: of those that hold the driver up, and of those that answer
// from a thread of their own.
#include "host_harness.hpp"

using namespace harness;

TEST_CASE("a command that answers later than its time is expired, moves nothing more, and costs nobody anything") {
  Bench bench("good");
  bench.setup.handle_grace = 20ms;
  bench.openAndWait();
  const auto pids = children();
  bench.permitFor(3, 30s);
  bench.outputs->hold = 1;
  const auto sweep = bench.ask("sweep", "{}", 100ms, 3);
  REQUIRE(bench.until([&] { return bench.outputs->energised == 1; }));
  REQUIRE(bench.until([&] { return bench.seen.replyTo(sweep).has_value(); }));
  CHECK(bench.seen.replyTo(sweep)->state == ReplyState::expired);
  CHECK(bench.until([&] { return bench.outputs->refused == 1 && bench.outputs->waiting == 0; }));
  // The kill would come 100 ms later. The turn goes on, and so does its device.
  CHECK_FALSE(bench.until([&] { return !bench.seen.deaths.empty(); }, 300ms));
  CHECK(children() == pids);
  CHECK(bench.seen.halts.empty());
  CHECK(bench.call("on", R"({"on":true})", 2s, 3).state == ReplyState::succeeded);
  CHECK(bench.haltAndWait().confirmed);
  CHECK(bench.outputs->energised == 0);
  bench.outputs->hold = 0;
}

TEST_CASE("a halt ends what a command does on a thread of its own, long before its time") {
  Bench bench("good");
  bench.openAndWait();
  bench.permitFor(3, 30s);
  bench.outputs->hold = 1;
  const auto sweep = bench.ask("sweep", "{}", 20s, 3);
  REQUIRE(bench.until([&] { return bench.outputs->energised == 1; }));
  CHECK(bench.haltAndWait().confirmed);
  REQUIRE(bench.until([&] { return bench.seen.replyTo(sweep).has_value(); }));
  CHECK(bench.seen.replyTo(sweep)->code == ErrorCode::permission_denied);
  CHECK(bench.outputs->energised == 0);
  bench.outputs->hold = 0;
}

TEST_CASE("a permit that ends while an expired command still runs switches off in time") {
  Bench bench("good");
  bench.setup.handle_grace = 20ms;
  bench.openAndWait();
  const auto until_ns = nowNs() + 400'000'000;
  bench.host->permit(3, until_ns);
  bench.outputs->hold = 1;
  bench.ask("sweep", "{}", 100ms, 3);
  REQUIRE(bench.until([&] { return bench.outputs->refused == 1; }));
  REQUIRE(bench.until([&] { return bench.outputs->energised == 0; }));
  CHECK(bench.outputs->off_ns >= until_ns);
  bench.outputs->hold = 0;
}
