#include "integration/support/agent_process.hpp"

#include <fstream>

namespace robohub::integration {

void AgentProcess::configure(const std::string& hub_url, const std::string& claim_code) {
  std::ofstream file(settings());
  file << "hub: {url: \"" << hub_url << "\"}\ndevice: " << setup_.device << "\n";
  if (!claim_code.empty()) file << "claim_code: \"" << claim_code << "\"\n";
  file << "state_dir: " << state().filename().string() << "\nplugin: {type: " << setup_.type << ", path: \""
       << setup_.plugins << "\"}\ndriver: " << setup_.driver << "\ncamera: " << setup_.camera
       << "\nlog: {level: " << setup_.log << "}\n"
       << setup_.more;
}

void AgentProcess::start() {
  process_.start(TEST_BIN "/robohub-agent", {"--config", settings().string()});
  read_ = 0;
}

bool AgentProcess::online(std::chrono::milliseconds patience) {
  const auto line = process_.line("robohub-agent: online", patience, read_, &read_);
  return line.has_value();
}

}  // namespace robohub::integration
