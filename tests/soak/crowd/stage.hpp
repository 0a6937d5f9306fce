// The hub under load with its devices, as real programs: turrets on the register model, whose lasers are lit and
// stopped and whose cameras are watched, and devices that measure all the time.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "integration/support/agent_process.hpp"
#include "integration/support/hub_process.hpp"
#include "integration/support/laser.hpp"
#include "unit/store/temp_folder.hpp"

namespace soak {

namespace test = robohub::integration;

struct StageSettings {
  int turrets = 2, meters = 6;
  double values_per_s = 2;   // of each meter
  int connections = 20'000;  // that the hub takes
  bool soon = false;         // who says nothing is sent away after 2 s instead of 10
};

class Stage {
 public:
  // Everything runs and is online. On the main thread: the programs end with the thread that started them. Throws.
  explicit Stage(const StageSettings& settings);

  test::HubProcess& hub() { return hub_; }
  const std::vector<std::string>& turrets() const { return turrets_; }
  const std::vector<std::string>& meters() const { return meters_; }
  test::Laser& laser(std::size_t turret) { return *lasers_[turret]; }

 private:
  void add(const std::string& type, const test::AgentSetup& setup);

  robohub::test::TempFolder folder_;
  test::HubProcess hub_;
  std::vector<std::unique_ptr<test::AgentProcess>> agents_;
  std::vector<std::unique_ptr<test::Laser>> lasers_;
  std::vector<std::string> turrets_, meters_;
};

}  // namespace soak
