// What waits for a command, and what an agent may say: each within its bounds.
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

TEST_CASE("An agent that says very much is told of once a minute, and what is too much is left out") {
  LiveBench bench;
  const auto ada = person("ada");
  const auto port = bench.ready();
  const auto page = bench.watch(ada);
  for (int i = 0; i < 500; ++i) bench.says(link::AgentEvent{link::EventLevel::info, "event " + std::to_string(i)});
  bench.settle();
  REQUIRE(page->get("event", [](const json::Object& event) {
    return RecordingPage::text(json::Object::Ptr(new json::Object(event)), "text").find("too many come at once") !=
           std::string::npos;
  }));
  const std::size_t events = page->count("event");
  CHECK(events >= 100);
  CHECK(events < 120);
  CHECK(bench.device()->view()->presence == Presence::online);
}
