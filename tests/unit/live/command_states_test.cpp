// What pages hear of a command on its way: what lasts, and its end at once.
#include <catch2/catch.hpp>

#include "live/live_device.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace robohub::live::test;

namespace {

struct Told : LiveBench {
  std::string send(const identity::Person& who, const std::string& key = "") {
    return on([&](LiveDevice& live) { return live.command(who, call("forget", "{}", 0, key)); }).id;
  }
  void ends(const std::string& command, link::FinalState state = link::FinalState::succeeded) {
    says(link::CommandResult{command, {state, std::nullopt, "", "", ""}});
  }
};

json::Object::Ptr state(RecordingPage& page, const std::string& wanted, const std::string& command) {
  return page.get("command", [&](const json::Object& each) {
    return json::getString(each, "state") == wanted && json::getString(each, "id") == command;
  });
}

}  // namespace

TEST_CASE("Of a command that is over at once its pages hear one message, which tells of all its times") {
  Told bench;
  const auto port = bench.ready();
  const auto ada = person("ada");
  const auto page = bench.watch(ada);
  const std::string id = bench.on([&](LiveDevice& live) {
    const std::string sent = live.command(ada, LiveBench::call("forget")).id;
    live.agentMessage({1, 1}, link::Ack{sent});
    live.agentMessage({1, 1}, link::CommandResult{sent, {link::FinalState::succeeded, std::nullopt, "", "", ""}});
    return sent;
  });
  const auto done = state(*page, "succeeded", id);
  REQUIRE(done);
  for (const char* each : {"accepted", "sent", "acknowledged", "succeeded"}) CHECK(done->getObject("times")->has(each));
  // A later command that lasts is told after whatever was still to be told of this one.
  REQUIRE(state(*page, "sent", bench.send(ada)));
  CHECK(page->count("command") == 2);
}

TEST_CASE("A command that lasts is told to its person's pages state by state") {
  Told bench;
  const auto port = bench.ready();
  const auto ada = person("ada");
  const auto page = bench.watch(ada, 0), other = bench.watch(ada, 1), bobs = bench.watch(person("bob"), 2);
  const std::string first = bench.send(ada), second = bench.send(ada);
  for (const auto& each : {page, other}) {
    CHECK(state(*each, "sent", first));
    CHECK(state(*each, "sent", second));
  }
  bench.says(link::Ack{first});
  CHECK(state(*page, "acknowledged", first));
  bench.ends(first);
  CHECK(state(*page, "succeeded", first));
  bench.on([](LiveDevice& live) { live.agentLost({1, 1}); });
  CHECK(state(*page, "unknown", second));
  bench.settle();
  CHECK(page->count("command") == 5);
  CHECK(bobs->count("command") == 0);
}

TEST_CASE("A key that is sent again while its command runs has its state told again") {
  Told bench;
  const auto port = bench.ready();
  const auto ada = person("ada");
  const auto page = bench.watch(ada);
  const std::string id = bench.send(ada, "k");
  REQUIRE(state(*page, "sent", id));
  page->messages.clear();
  CHECK(bench.send(ada, "k") == id);
  CHECK(state(*page, "sent", id));
}

TEST_CASE("Refused and failed commands are told at once, without what came before") {
  Told bench;
  const auto port = bench.ready();
  const auto ada = person("ada");
  const auto page = bench.watch(ada);
  const auto refused = bench.on([&](LiveDevice& live) { return live.command(ada, LiveBench::call("nothing")); });
  bench.settle();
  CHECK(page->count("command") == 1);
  CHECK(refused.state == control::CommandState::refused);
  bench.on([&](LiveDevice& live) {
    const std::string sent = live.command(ada, LiveBench::call("forget")).id;
    live.agentMessage(
        {1, 1}, link::CommandResult{sent, {link::FinalState::failed, ErrorCode::unavailable, "No power.", "", ""}});
  });
  bench.settle();
  CHECK(page->count("command") == 2);
}
