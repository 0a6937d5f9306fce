// A hub and one agent that know each other, in a folder of their own.
#pragma once
#include <random>

#include "integration/support/agent_process.hpp"
#include "integration/support/hub_process.hpp"
#include "integration/support/laser.hpp"
#include "integration/support/page.hpp"
#include "plugins/outputs.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::integration {

// A turret on the register model whose laser's edges are recorded.
inline AgentSetup turretSetup(const std::filesystem::path& folder) {
  AgentSetup setup;
  const auto edges = (benchIn(folder) / "edges").string();
  setup.driver = "{hardware: model, model: {fps: 20, seed: 1, edges: \"" + edges + "\"}}";
  return setup;
}

// A plugin of tests/plugins, its output in the file `out` of the bench.
inline AgentSetup testSetup(const std::filesystem::path& folder, const std::string& type,
                            const std::string& more = "") {
  AgentSetup setup;
  setup.type = type;
  setup.plugins = TEST_PLUGINS;
  setup.driver = "{outputs: \"" + (benchIn(folder) / "out").string() + "\"" + more + "}";
  return setup;
}

struct Stage {
  robohub::test::TempFolder temp;
  HubProcess hub;
  AgentProcess agent;

  explicit Stage(AgentSetup (*setup)(const std::filesystem::path&) = turretSetup, const std::string& settings = "")
      : hub(temp.path(), settings), agent(temp.path(), setup(temp.path())) {}
  Stage(const std::string& type, const std::string& more)
      : hub(temp.path()), agent(temp.path(), testSetup(temp.path(), type, more)) {}

  // Hub up, device enrolled, agent claimed and online. `port`: another than the hub's, for somebody on the wire.
  bool start(const std::string& type = "laser_turret") {
    hub.start();
    agent.configure(hub.url(), hub.enrol("d1", type));
    agent.start();
    return agent.online();
  }
  std::string edges() const { return (benchIn(temp.path()) / "edges").string(); }
  TestOutputs* outputs() const { return TestOutputs::map((benchIn(temp.path()) / "out").string()); }
};

// Sends it until it succeeds: right after a turn begins there is no permit yet.
inline bool succeeds(Page& page, const std::string& name, const std::string& params) {
  return eventually([&] { return page.command("d1", name, params) == "succeeded"; });
}

// Random phases, from a seed that is printed.
inline std::mt19937_64& phases() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("ROBOHUB_TEST_SEED");
    return given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }();
  static std::mt19937_64 engine = [] {
    std::printf("seed %llu (ROBOHUB_TEST_SEED)\n", static_cast<unsigned long long>(seed));
    return std::mt19937_64(seed);
  }();
  return engine;
}

inline void waitRandomPhase(std::chrono::milliseconds up_to) {
  std::this_thread::sleep_for(std::chrono::microseconds(
      std::uniform_int_distribution<std::int64_t>(0, std::chrono::microseconds(up_to).count())(phases())));
}

}  // namespace robohub::integration
