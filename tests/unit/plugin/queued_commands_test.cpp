// Commands that wait in the driver behind a slow one, while their turn ends.
#include <signal.h>

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
  // What is cancelled while it waits is answered at once, and in order: then the child knows of the next permit.
  const auto behind = bench.ask("before", "{}", 10s, 6);
  bench.host->cancel(behind);
  REQUIRE(bench.until([&] { return bench.seen.replyTo(behind).has_value(); }));
  bench.outputs->hold = 0;
  REQUIRE(bench.until([&] { return bench.seen.replyTo(slow) && bench.seen.replyTo(queued); }));
  CHECK(bench.seen.replyTo(slow)->code == ErrorCode::permission_denied);
  CHECK(bench.seen.replyTo(queued)->state == state);
  CHECK(bench.outputs->passed == 1);  // it did not even begin
  CHECK(bench.outputs->ons == 0);
  CHECK(bench.call("before", "{}", 2s, 6).state == ReplyState::succeeded);
  CHECK(bench.seen.deaths.empty());
}

TEST_CASE("a reopened driver takes no command of an agent that was not told yet") {
  Bench bench("good");
  bench.openAndWait();
  kill(children().at(0), SIGKILL);
  // The loop hears nothing while it asks.
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (bench.outputs->opens < 2 && std::chrono::steady_clock::now() < end) usleep(1000);
  REQUIRE(bench.outputs->opens == 2);
  const auto first = bench.last_id + 1;
  for (int i = 0; i < 100; ++i) {
    bench.ask("add", R"({"a":1,"b":1})", 10s);
    usleep(1000);
  }
  REQUIRE(bench.until([&] { return bench.seen.opened == 2 && bench.seen.replyTo(bench.last_id); }));
  for (auto id = first; id <= bench.last_id; ++id) {
    REQUIRE(bench.until([&] { return bench.seen.replyTo(id).has_value(); }));
    CHECK(bench.seen.replyTo(id)->code == ErrorCode::unavailable);
  }
  CHECK(bench.call("add", R"({"a":1,"b":1})").state == ReplyState::succeeded);
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
