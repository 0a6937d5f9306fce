#include "soak/crowd/stage.hpp"

#include <stdexcept>

namespace soak {
namespace {

std::string hubSettings(const StageSettings& settings) {
  return "turns: {length: 1h, grace: 2s}\nlog: {level: warning}\nlimits: {connections: " +
         std::to_string(settings.connections) + (settings.soon ? ", header_timeout: 2s" : "") + "}\n";
}

}  // namespace

Stage::Stage(const StageSettings& settings) : hub_(folder_.path(), hubSettings(settings)) {
  hub_.start();
  for (int i = 0; i < settings.turrets; ++i) {
    const auto edges = (test::benchIn(folder_.path()) / ("edges" + std::to_string(i))).string();
    test::AgentSetup setup;
    setup.device = turrets_.emplace_back("turret" + std::to_string(i));
    setup.driver = "{hardware: model, model: {fps: 5, seed: 1, edges: \"" + edges + "\"}}";
    add("laser_turret", setup);
    lasers_.push_back(std::make_unique<test::Laser>(edges));
  }
  for (int i = 0; i < settings.meters; ++i) {
    test::AgentSetup setup;
    setup.device = meters_.emplace_back("meter" + std::to_string(i));
    setup.type = "bench_device";
    setup.plugins = TEST_PLUGINS;
    setup.driver = "{publish_hz: " + std::to_string(settings.values_per_s) + ", publish_bytes: 100}";
    add("bench_device", setup);
  }
}

void Stage::add(const std::string& type, const test::AgentSetup& setup) {
  auto& agent = *agents_.emplace_back(std::make_unique<test::AgentProcess>(folder_.path(), setup));
  agent.configure(hub_.url(), hub_.enrol(setup.device, type));
  agent.start();
  if (!agent.online(std::chrono::seconds(20)))
    throw std::runtime_error(setup.device + ": no agent:\n" + agent.process().output());
}

}  // namespace soak
