// The agent under test, with its settings and state in a folder of its own.
#pragma once
#include <filesystem>
#include <string>

#include "integration/support/process.hpp"

namespace robohub::integration {

// What drivers make lies here: beside the state of an agent they may make no file.
inline std::filesystem::path benchIn(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "bench");
  return folder / "bench";
}

struct AgentSetup {
  std::string device = "d1";
  std::string type = "laser_turret";
  std::string plugins = TEST_PLUGIN_FOLDER;
  std::string driver = "{}";  // YAML flow mapping
  std::string camera = "{source: driver}";
  std::string log = "info";  // its level
  std::string more;          // further lines
};

class AgentProcess {
 public:
  AgentProcess(const std::filesystem::path& folder, AgentSetup setup) : folder_(folder), setup_(std::move(setup)) {}

  // Writes agent.yaml.
  void configure(const std::string& hub_url, const std::string& claim_code);
  void start();
  // Waits for the next "online" after the last one that was waited for. False when it does not come.
  bool online(std::chrono::milliseconds patience = 10s);
  Process& process() { return process_; }
  std::filesystem::path settings() const { return folder_ / (setup_.device + ".agent.yaml"); }
  std::filesystem::path state() const { return folder_ / ("state-" + setup_.device); }

 private:
  std::filesystem::path folder_;
  AgentSetup setup_;
  Process process_;
  std::size_t read_ = 0;
};

}  // namespace robohub::integration
