// The agent with a real driver in a real process of its own, against the hub's side of the wire.
#include "unit/agent/agent_rig.hpp"

using namespace robohub;
using namespace robohub::agent::test;
using agent::Agent;

TEST_CASE("an agent claims its device with a key of its own and says hello with it") {
  Rig rig;
  rig.startOnline();
  const std::lock_guard lock(rig.stage.mutex);
  REQUIRE(rig.hub->claims.size() == 1);
  CHECK(rig.hub->claims[0].code == kNewCode);
  CHECK(rig.hub->claims[0].device == "d1");
  CHECK(rig.hub->claims[0].key.size() == 43);
  const auto hello = rig.hub->all<link::Hello>().at(0);
  CHECK(hello.device.str() == "d1");
  CHECK(hello.boot.size() == 16);
  CHECK(hello.plugin.type == "test_good");
  CHECK(hello.plugin.version == "1.0.0");
  CHECK(hello.plugin.manifest.size() == 64);
  CHECK_FALSE(hello.stopped);
}

TEST_CASE("a claim whose answer was lost is made again with the same key") {
  Rig rig;
  rig.hub->claim_answers = {503, 500};
  rig.startOnline();
  const std::lock_guard lock(rig.stage.mutex);
  REQUIRE(rig.hub->claims.size() == 3);
  CHECK(rig.hub->claims[0].key == rig.hub->claims[1].key);
  CHECK(rig.hub->claims[1].key == rig.hub->claims[2].key);
}

TEST_CASE("an agent whose claim is refused ends and says so") {
  Rig rig;
  rig.hub->claim_answers = {403};
  rig.start();
  REQUIRE(rig.stage.until([&] { return rig.ended.has_value(); }));
  CHECK(*rig.ended == agent::End::refused);
}

TEST_CASE("an output is on only while somebody drives") {
  Rig rig;
  rig.startOnline();
  rig.hub->command("c-1", "on", R"({"on":true})", 0);
  CHECK(rig.result("c-1")->state == link::FinalState::refused);

  rig.hub->grant(1);
  REQUIRE(rig.energised());
  CHECK_FALSE(rig.isOn());  // a permit energises nothing by itself
  rig.hub->command("c-2", "on", R"({"on":true})", 1);
  REQUIRE(rig.result("c-2"));
  CHECK(rig.result("c-2")->state == link::FinalState::succeeded);
  CHECK(rig.isOn());

  const auto silent = std::chrono::steady_clock::now();
  rig.stage.note([&] { rig.hub->drives = false; });
  CHECK(rig.becomes(false));
  // dead-man of the type 300 ms, and what a busy machine needs
  CHECK(std::chrono::steady_clock::now() - silent < 300ms + 400ms);
}

TEST_CASE("parameters are checked and results are carried back") {
  Rig rig;
  rig.startOnline();
  rig.hub->command("c-1", "add", R"({"a":2,"b":3})", 0);
  REQUIRE(rig.result("c-1"));
  CHECK(rig.result("c-1")->value_json == R"({"sum":5})");
  rig.hub->command("c-2", "add", R"({"a":2000,"b":3})", 0);
  CHECK(rig.result("c-2")->state == link::FinalState::refused);
  CHECK(rig.result("c-2")->pointer == "/params/a");
  rig.hub->command("c-3", "refuse", R"({"why":"Not now."})", 0);
  CHECK(rig.result("c-3")->state == link::FinalState::failed);
  CHECK(rig.result("c-3")->message == "Not now.");
}

TEST_CASE("a command that goes on is acknowledged with a beat, and answered when it is over") {
  Rig rig;
  rig.startOnline();
  rig.hub->command("c-1", "later", R"({"ms":300})", 0);
  const auto acknowledged = [&] {
    const auto acks = rig.hub->all<link::Ack>();
    return std::any_of(acks.begin(), acks.end(), [](const auto& ack) { return ack.id == "c-1"; });
  };
  REQUIRE(rig.stage.until([&] { return acknowledged() || rig.hub->resultOf("c-1"); }));
  {
    const std::lock_guard lock(rig.stage.mutex);
    CHECK(acknowledged());
    CHECK_FALSE(rig.hub->resultOf("c-1"));
  }
  REQUIRE(rig.result("c-1"));
  CHECK(rig.result("c-1")->state == link::FinalState::succeeded);
}

TEST_CASE("a stop is confirmed by the driver, holds over a lost link, and ends with its reset") {
  Rig rig;
  rig.startOnline();
  rig.hub->grant(1);
  REQUIRE(rig.energised());
  rig.hub->command("c-1", "on", R"({"on":true})", 1);
  REQUIRE(rig.becomes(true));

  rig.hub->send(link::Stop{"s-1", "Ada", "too near"});
  REQUIRE(rig.stage.until([&] { return rig.hub->count<link::Stopped>() == 1; }));
  CHECK(rig.heard<link::Stopped>()[0].confirmed);
  CHECK_FALSE(rig.isOn());
  rig.hub->command("c-2", "on", R"({"on":true})", 1);
  CHECK(rig.result("c-2")->code == ErrorCode::stopped);

  rig.hub->cut();
  REQUIRE(rig.stage.until([&] { return rig.hub->count<link::Hello>() == 2; }));
  const auto hello = rig.heard<link::Hello>().at(1);
  REQUIRE(hello.stopped);
  CHECK(hello.stopped->id == "s-1");
  CHECK(hello.epoch == 1);

  rig.hub->stamp();
  rig.hub->send(link::Reset{"s-1"});
  REQUIRE(rig.stage.until([&] { return rig.hub->count<link::ResetDone>() == 1; }));
  CHECK(rig.heard<link::ResetDone>()[0].ok);
  rig.hub->grant(2);
  REQUIRE(rig.energised());
  rig.hub->command("c-3", "on", R"({"on":true})", 2);
  CHECK(rig.becomes(true));
}

TEST_CASE("losing the link switches off at once, and nothing of it counts on the next one") {
  Rig rig;
  rig.startOnline();
  rig.hub->grant(7);
  REQUIRE(rig.energised());
  const std::string recorded = rig.hub->command("c-1", "on", R"({"on":true})", 7);
  const std::string again = [&] { return link::encode(link::HubMessage(link::HubBeat{7, 1000, rig.hub->stamp()})); }();
  REQUIRE(rig.result("c-1"));
  REQUIRE(rig.isOn());
  rig.stage.note([&] { rig.hub->drives = false; });

  const auto cut_ns = toNs(std::chrono::steady_clock::now());
  rig.hub->cut();
  CHECK(rig.becomes(false));
  CHECK(rig.outputs->off_ns - cut_ns < 240'000'000);  // not by the dead-man, which would take 250 ms at least

  REQUIRE(rig.stage.until([&] { return rig.hub->count<link::Hello>() == 2; }));
  CHECK_FALSE(rig.heard<link::Hello>()[0].nonce == rig.heard<link::Hello>()[1].nonce);
  rig.hub->stamp();
  rig.hub->sendText(again);
  rig.hub->sendText(recorded);
  // Its answer shows that the two before it were read. What was made for another link is not even answered.
  rig.hub->send(link::Reset{"s-1"});
  REQUIRE(rig.stage.until([&] { return rig.hub->count<link::ResetDone>() == 1; }));
  CHECK(rig.hub->count<link::CommandResult>() == 1);
  CHECK_FALSE(rig.isOn());
  CHECK_FALSE(rig.heard<link::AgentBeat>().back().energised);
}

TEST_CASE("the agent alone refuses commands of a turn that is over, on the same link") {
  Rig rig;
  rig.startOnline();
  rig.hub->grant(1);
  REQUIRE(rig.energised());
  rig.hub->send(link::End{1});
  rig.stage.note([&] { rig.hub->drives = false; });
  rig.hub->command("c-1", "on", R"({"on":true})", 1);
  CHECK(rig.result("c-1")->code == ErrorCode::stale);
  rig.hub->grant(1);  // the same epoch does not come back
  rig.hub->command("c-2", "on", R"({"on":true})", 1);
  CHECK(rig.result("c-2")->code == ErrorCode::stale);
  CHECK_FALSE(rig.isOn());
}

TEST_CASE("on a new link the newest values are told again") {
  Rig rig;
  rig.startOnline();
  rig.hub->cut();
  REQUIRE(rig.stage.until([&] { return rig.online == 2; }));
  CHECK(rig.stage.until([&] { return rig.hub->count<link::Telemetry>() == 2; }));
  const auto values = rig.heard<link::Telemetry>();
  CHECK(values[0].value_json == values[1].value_json);
  CHECK(values[0].t_ns == values[1].t_ns);
}

TEST_CASE("a hub that cannot be understood is left, safely, and dialled again") {
  Rig rig;
  rig.startOnline();
  rig.hub->sendText("{\"type\":\"stop\"");
  REQUIRE(rig.stage.until([&] { return rig.online == 2; }));
  const std::lock_guard lock(rig.stage.mutex);
  CHECK(rig.hub->closed.at(0) == 1002);
}

TEST_CASE("a message of an unknown kind changes nothing") {
  Rig rig;
  rig.startOnline();
  rig.hub->sendText(R"({"type":"dance","x":1})");
  rig.hub->command("c-1", "add", R"({"a":1,"b":1})", 0);
  CHECK(rig.result("c-1")->state == link::FinalState::succeeded);
  CHECK(rig.online == 1);
}

TEST_CASE("an agent that the hub refuses does not come back at once") {
  Rig rig;
  rig.hub->refuse_hello = true;
  rig.start();
  REQUIRE(rig.stage.until([&] { return rig.hub->closed.size() == 1; }));
  CHECK_FALSE(rig.stage.until([&] { return rig.hub->authorizations.size() > 1; }, 700ms));
  CHECK(rig.online == 0);
}

TEST_CASE("an agent that ends switches off and takes its leave") {
  Rig rig;
  rig.startOnline();
  rig.hub->grant(1);
  REQUIRE(rig.energised());
  rig.hub->command("c-1", "on", R"({"on":true})", 1);
  REQUIRE(rig.becomes(true));
  rig.stage.on([&] { rig.one->stop(); });
  CHECK(rig.becomes(false));
  CHECK(rig.stage.until([&] { return rig.ended.has_value(); }, 1s));
  CHECK(*rig.ended == agent::End::stopped);
  CHECK(rig.stage.until([&] { return !rig.hub->closed.empty() && rig.hub->closed[0] == 1001; }));
}

TEST_CASE("a driver whose process dies is told to the hub, and works again when it is open again") {
  Rig rig("test_crashing");
  rig.startOnline();
  rig.hub->grant(1);
  REQUIRE(rig.energised());
  rig.hub->command("c-1", "crash", "{}", 0);
  REQUIRE(rig.result("c-1"));
  CHECK(rig.result("c-1")->state == link::FinalState::failed);
  CHECK(rig.stage.until([&] {
    const auto events = rig.hub->all<link::AgentEvent>();
    return std::any_of(events.begin(), events.end(),
                       [](const auto& e) { return e.text.find("open again") != std::string::npos; });
  }));
}
