// Commands that wait in the driver behind a slow one, while their turn ends.
#include "host_harness.hpp"

using namespace harness;

TEST_CASE("a command that waits behind a slow one is not begun once its turn is over") {
  Bench bench("hanging");
  bench.setup.handle_grace = 10s;
  bench.openAndWait();
  bench.outputs->hold = 1;
  auto state = ReplyState::cancelled;
  auto epoch = Epoch{5};
  std::uint64_t queued = 0;
  const auto queueBehindSlow = [&](Duration permitted) {
    bench.permitFor(5, permitted);
    const auto slow = bench.ask("before", "{}", 10s, 5);
    REQUIRE(bench.until([&] { return bench.outputs->waiting == 1; }));
    queued = bench.ask("before", "{}", 10s, epoch);
    return slow;
  };
  std::uint64_t slow = 0;
  SECTION("by a halt") {
    slow = queueBehindSlow(10s);
    REQUIRE(bench.haltAndWait().confirmed);
  }
  SECTION("by a halt, where it needs no turn") {
    epoch = 0;
    slow = queueBehindSlow(10s);
    REQUIRE(bench.haltAndWait().confirmed);
  }
  SECTION("by the child's own clock") {
    slow = queueBehindSlow(100ms);
    REQUIRE(bench.until([&] { return bench.seen.haltOf(0).has_value(); }));
  }
  SECTION("as the next turn's permit says, without a halt") {
    slow = queueBehindSlow(10s);
    state = ReplyState::failed;
  }
  bench.permitFor(6, 10s);
  bench.outputs->hold = 0;
  REQUIRE(bench.until([&] { return bench.seen.replyTo(slow) && bench.seen.replyTo(queued); }));
  CHECK(bench.seen.replyTo(slow)->code == ErrorCode::permission_denied);
  CHECK(bench.seen.replyTo(queued)->state == state);
  CHECK(bench.outputs->passed == 1);  // it did not even begin
  CHECK(bench.outputs->ons == 0);
  CHECK(bench.call("before", "{}", 2s, 6).state == ReplyState::succeeded);
  CHECK(bench.seen.deaths.empty());
}

TEST_CASE("a command that is cancelled while it waits is answered at once and never begun") {
  Bench bench("hanging");
  bench.setup.handle_grace = 10s;
  bench.openAndWait();
  bench.outputs->hold = 1;
  bench.permitFor(5, 10s);
  const auto slow = bench.ask("before", "{}", 10s, 5);
  REQUIRE(bench.until([&] { return bench.outputs->waiting == 1; }));
  const auto queued = bench.ask("before", "{}", 10s, 5);
  bench.host->cancel(queued);
  REQUIRE(bench.until([&] { return bench.seen.replyTo(queued).has_value(); }));
  CHECK(bench.seen.replyTo(queued)->state == ReplyState::cancelled);
  bench.outputs->hold = 0;
  REQUIRE(bench.until([&] { return bench.seen.replyTo(slow).has_value(); }));
  CHECK(bench.call("before", "{}", 2s, 5).state == ReplyState::succeeded);
  CHECK(bench.outputs->passed == 2);
}
