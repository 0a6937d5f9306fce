// Since when a device is there or away, what it is called, and which window of a person drives it.
#include <catch2/catch.hpp>

#include "identity/secrets.hpp"
#include "live/live_device.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace robohub::live::test;
using control::CommandState;

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

TEST_CASE("A new name is shown to everybody") {
  LiveBench bench;
  const auto page = bench.watch(person("ada"));
  std::promise<Status> done;
  bench.registry->rename(bench.id, "New \"name\"", [&](Status status) { done.set_value(std::move(status)); });
  REQUIRE(done.get_future().get());
  CHECK(page->get("device", [](const json::Object& each) {
    return each.getObject("device")->getValue<std::string>("name") == "New \"name\"";
  }));
}

TEST_CASE("What a window sends behind the moment at which another one took over moves nothing any more") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada");
  const auto laptop = bench.watch(ada, 0), phone = bench.watch(ada, 1);
  const Epoch epoch = bench.drive(ada, *port);
  const auto from = [&](std::uint64_t window, const std::string& name, const std::string& params, Epoch of) {
    auto call = LiveBench::call(name, params, of);
    call.connection = window;
    return bench.on([&](LiveDevice& live) { return live.command(ada, call); });
  };
  REQUIRE(bench.on([&](LiveDevice& live) { return live.drive(ada.id, 1, laptop, 0, false); }));
  CHECK(from(1, "on", "{\"on\":true}", epoch).state == CommandState::sent);
  REQUIRE(bench.on([&](LiveDevice& live) { return live.drive(ada.id, 2, phone, 1, false); }));

  const auto late = from(1, "on", "{\"on\":true}", epoch);
  REQUIRE(late.state == CommandState::refused);
  CHECK(late.error->code == ErrorCode::conflict);
  CHECK(port->count<link::Command>() == 1);
  CHECK(from(2, "on", "{\"on\":true}", epoch).state == CommandState::sent);
  // By HTTP no window speaks, and what needs no turn is anybody's.
  CHECK(from(0, "on", "{\"on\":true}", epoch).state == CommandState::sent);
  CHECK(from(1, "add", "{\"a\":1,\"b\":2}", 0).state == CommandState::sent);
}
