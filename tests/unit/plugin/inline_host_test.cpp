#include "host_harness.hpp"
#include "rh/abi.h"

using namespace harness;

TEST_CASE("a driver with hazards is refused in the agent's own process") {
  Bench bench("good", "", false);
  Recorder seen;
  auto host = makeInlineHost(bench.setup, seen, [](std::function<void()>) {});
  REQUIRE_FALSE(host);
  CHECK(host.error().code == ErrorCode::permission_denied);
}

TEST_CASE("a trusted driver runs inline: commands, telemetry, pictures, halt") {
  Bench bench("noisy", "", false);
  bench.openAndWait();
  CHECK(bench.call("flood", R"({"count":100,"picture_bytes":1000})").state == ReplyState::succeeded);
  CHECK(bench.until([&] { return bench.seen.published.size() == 100; }));
  CHECK(bench.until([&] { return !bench.seen.frames.empty(); }));
  CHECK(bench.call("flood", R"({"count":-1,"picture_bytes":0})").code == ErrorCode::invalid_argument);
  CHECK(bench.haltAndWait().confirmed);
  REQUIRE(bench.call("haunt").state == ReplyState::succeeded);
  bench.host->close();
  const auto heard = bench.seen.published.size();
  bench.until([] { return false; }, 30ms);
  CHECK(bench.seen.published.size() == heard);
}

TEST_CASE("an inline driver that opens slowly confirms a halt when it is open") {
  Bench bench("slow_open", "", false);
  bench.outputs->hold = 1;
  bench.open();
  REQUIRE(bench.until([&] { return bench.outputs->waiting == 1; }));
  bench.host->halt(4, "test");
  bench.outputs->hold = 0;
  REQUIRE(bench.until([&] { return bench.seen.haltOf(4).has_value(); }));
  CHECK(bench.seen.haltOf(4)->confirmed);
}

TEST_CASE("an inline driver that confirms a halt late is told to be safe then") {
  Bench bench("slow_open", "", false);
  bench.openAndWait();
  bench.outputs->hold = 1;
  CHECK_FALSE(bench.haltAndWait().confirmed);
  bench.outputs->hold = 0;
  REQUIRE(bench.until([&] { return bench.seen.halts.size() == 2; }));
  CHECK(bench.seen.halts[1].id == bench.seen.halts[0].id);
  CHECK(bench.seen.halts[1].confirmed);
}

TEST_CASE("an inline driver is opened and closed often") {
  for (int i = 0; i < 100; ++i) {
    Bench bench("noisy", "", false);
    bench.openAndWait();
    bench.host->close();
  }
}

TEST_CASE("an inline driver that could not be opened is opened again, ever later") {
  Bench bench("slow_open", "", false);
  bench.outputs->failing_status = RH_UNAVAILABLE;
  bench.outputs->failing_opens = 3;
  const auto before = nowNs();
  bench.open();
  REQUIRE(bench.until([&] { return bench.seen.opened == 1; }));
  CHECK(bench.seen.open_failures.size() == 3);
  CHECK(nowNs() - before >= 300'000'000);  // 0, 100, 200 ms
  CHECK(bench.call("nothing").state == ReplyState::succeeded);
}

TEST_CASE("an inline driver that can never be opened is left alone, and closed all the same") {
  Bench bench("slow_open", "", false);
  bench.outputs->failing_status = RH_UNSUPPORTED;
  bench.outputs->failing_opens = 1;
  bench.open();
  REQUIRE(bench.until([&] { return bench.seen.open_failures.size() == 1; }));
  CHECK_FALSE(bench.until([&] { return bench.outputs->opens > 1; }, 300ms));
  bench.host->close();
}

TEST_CASE("an inline driver that is to be opened again is closed meanwhile") {
  Bench bench("slow_open", "", false);
  bench.outputs->failing_status = RH_UNAVAILABLE;
  bench.outputs->failing_opens = 1000;
  bench.open();
  REQUIRE(bench.until([&] { return bench.seen.open_failures.size() == 2; }));
  bench.host->close();
  const auto opens = bench.outputs->opens.load();
  bench.until([] { return false; }, 150ms);
  CHECK(bench.outputs->opens == opens);
}

TEST_CASE("an inline command that answers later than its time is expired, and halts nothing") {
  Bench bench("slow_open", "", false);
  bench.setup.handle_grace = 20ms;
  bench.openAndWait();
  const auto reply = bench.call("later", "{}", 50ms);
  CHECK(reply.state == ReplyState::expired);
  CHECK(bench.call("kept").text == R"({"unwanted":true})");
  CHECK(bench.seen.halts.empty());
}
