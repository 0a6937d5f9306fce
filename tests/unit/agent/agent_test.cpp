// The agent with a real driver in a real process of its own, against the hub's side of the wire.
#include "agent/agent.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "agent/log.hpp"
#include "plugins/outputs.hpp"
#include "unit/agent/hub_stand_in.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::agent::test;
using agent::Agent;

namespace {

constexpr const char* kNewCode = "AAAA-BBBB-CCCC";

// An agent, its device (test_good of tests/plugins) and its hub.
struct Rig {
  explicit Rig(const std::string& type = "test_good", const std::string& more = "")
      : outputs_file(temp.path() / "out") {
    agent::log::setUp(agent::LogLevel::error);
    hub = HubStandIn::create(stage);
    hub->type = type;
    outputs = TestOutputs::map(outputs_file);
    std::ofstream(temp.path() / "agent.yaml")
        << "hub: {url: \"" << hub->url() << "\"}\ndevice: d1\nclaim_code: " << kNewCode << "\nstate_dir: state\n"
        << "plugin: {type: " << type << ", path: \"" << TEST_PLUGINS << "\"}\ndriver: {outputs: \""
        << outputs_file.string() << "\"}\n"
        << more;
  }
  ~Rig() {
    stage.end();
    one.reset();
    hub->end();
  }

  void start() {
    agent::Plan plan;
    const auto errors = agent::makePlan(temp.path() / "agent.yaml", TEST_BIN, &plan);
    if (!errors.empty()) FAIL(config::format(errors));
    auto state = agent::StateFolder::open(plan.settings.state_dir);
    if (!state) FAIL(state.error().message);
    agent::AgentEvents events;
    events.online = [this] { stage.note([&] { ++online; }); };
    events.ended = [this](agent::End how) { stage.note([&] { ended = how; }); };
    stage.on([&] {
      one.emplace(stage.loop, std::move(plan), std::move(*state), std::move(events));
      const auto started = one->start();
      if (!started) throw std::runtime_error(started.error().message);
    });
  }
  void startOnline() {
    start();
    REQUIRE(stage.until([&] { return online == 1; }));
    // Commands that need no turn are refused until the driver is open.
    if (hub->type != "test_good") return;
    for (int i = 0;; ++i) {
      const std::string id = "ready-" + std::to_string(i);
      hub->command(id, "add", R"({"a":1,"b":1})", 0);
      REQUIRE(result(id));
      if (result(id)->code != ErrorCode::unavailable) break;
    }
    stage.note([&] {
      hub->heard.erase(std::remove_if(hub->heard.begin(), hub->heard.end(),
                                      [](const auto& m) {
                                        return std::holds_alternative<link::CommandResult>(m) ||
                                               std::holds_alternative<link::Ack>(m);
                                      }),
                       hub->heard.end());
    });
  }
  bool isOn() const { return outputs->energised == 1; }
  bool becomes(bool on, std::chrono::milliseconds patience = 3s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (isOn() != on && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return isOn() == on;
  }
  // The agent has a permit.
  bool energised() {
    return stage.until([&] {
      const auto beats = hub->all<link::AgentBeat>();
      return !beats.empty() && beats.back().energised;
    });
  }
  std::optional<link::Outcome> result(const std::string& id) {
    std::optional<link::Outcome> found;
    stage.until([&] {
      if (const auto* outcome = hub->resultOf(id)) found = *outcome;
      return found.has_value();
    });
    return found;
  }
  // What the hub has heard of this kind.
  template <class T>
  std::vector<T> heard() {
    const std::lock_guard lock(stage.mutex);
    return hub->all<T>();
  }

  robohub::test::TempFolder temp;
  const std::filesystem::path outputs_file;
  TestOutputs* outputs = nullptr;
  Stage stage;
  std::shared_ptr<HubStandIn> hub;
  std::optional<Agent> one;
  int online = 0;
  std::optional<agent::End> ended;
};

}  // namespace

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
  CHECK(rig.stage.until([&] { return rig.hub->count<link::Ack>() == 2; }));
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
  REQUIRE(rig.stage.until([&] { return rig.hub->count<link::CommandResult>() >= 2; }));
  CHECK(rig.heard<link::CommandResult>().back().outcome.code == ErrorCode::stale);
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
