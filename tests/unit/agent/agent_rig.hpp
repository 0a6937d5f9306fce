// An agent with a real driver in a real process of its own, against the hub's side of the wire.
#pragma once
#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

#include "agent/agent.hpp"
#include "agent/log.hpp"
#include "plugins/outputs.hpp"
#include "unit/agent/hub_stand_in.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::agent::test {

inline constexpr const char* kNewCode = "AAAA-BBBB-CCCC";

// An agent, its device (test_good of tests/plugins) and its hub.
struct Rig {
  // `trust`: what agent.yaml says of the hub besides its address. `more`: further lines of it.
  explicit Rig(const std::string& type = "test_good", const std::string& more = "",
               std::shared_ptr<const net::TlsServerContext> tls = nullptr, const std::string& trust = "")
      : outputs_file(temp.path() / "out") {
    agent::log::setUp(agent::LogLevel::error);
    hub = HubStandIn::create(stage, 0, std::move(tls));
    hub->type = type;
    outputs = TestOutputs::map(outputs_file);
    std::ofstream(temp.path() / "agent.yaml") << "hub: {url: \"" << hub->url() << "\"" << trust
                                              << "}\ndevice: d1\nclaim_code: " << kNewCode << "\nstate_dir: state\n"
                                              << "plugin: {type: " << type << ", path: \"" << TEST_PLUGINS
                                              << "\"}\ndriver: {outputs: \"" << outputs_file.string() << "\"}\n"
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
      one.emplace(stage.loop, std::move(plan), std::move(*state), std::move(events),
                  [this] { return Duration(slept.load()); });
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
  std::atomic<Duration::rep> slept{0};  // of the machine since its boot
  int online = 0;
  std::optional<agent::End> ended;
};

}  // namespace robohub::agent::test
