// Commands and whoever waits for their ends.
#include <catch2/catch.hpp>

#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace robohub::live::test;
using namespace std::chrono_literals;

TEST_CASE("Of two who wait for one command each waits as long as it said") {
  LiveBench bench;
  const auto ada = person("ada");
  const auto port = bench.ready();
  Record<control::CommandState> patient, hasty;
  bench.on([&](LiveDevice& each) {
    const auto call = LiveBench::call("forget", "{}", 0, "k1");
    each.command(ada, call, 60s, [&](const control::CommandRecord& record) { patient.add(record.state); });
    each.command(ada, call, 10ms, [&](const control::CommandRecord& record) { hasty.add(record.state); });
  });
  REQUIRE(hasty.wait([](control::CommandState) { return true; }));
  bench.settle();
  CHECK(patient.all().empty());
  const auto sent = port->get<link::Command>();
  REQUIRE(sent);
  bench.says(link::CommandResult{sent->id, {link::FinalState::succeeded, std::nullopt, "", "", ""}});
  CHECK(patient.wait([](control::CommandState state) { return state == control::CommandState::succeeded; }));
}
