// A hub, turrets and their drivers as real programs, a page for each, and bad networks between them.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "integration/support/agent_process.hpp"
#include "integration/support/hub_process.hpp"
#include "integration/support/laser.hpp"
#include "integration/support/page.hpp"
#include "soak/safety/chaos_proxy.hpp"
#include "unit/store/temp_folder.hpp"

namespace soak {

namespace test = robohub::integration;

// One turret with everything that belongs to it.
struct Turret {
  std::string id;
  std::unique_ptr<ChaosProxy> agent_wire, page_wire;
  std::unique_ptr<test::AgentProcess> agent;
  std::unique_ptr<test::Laser> laser;
  std::unique_ptr<test::Page> page;
  std::string cookie;
  int times_on = 0;  // that a trial meant to
};

class Rig {
 public:
  Rig(int turrets, std::uint64_t seed);

  test::HubProcess& hub() { return hub_; }
  std::filesystem::path folder() const { return folder_.path(); }
  std::vector<std::unique_ptr<Turret>>& turrets() { return turrets_; }

  // A page of its own takes the turn and lights the laser. Throws when that cannot be done in time.
  void light(Turret& turret);
  // The same for all of them, at once.
  void lightAll();
  // The hub runs and every agent is online, whatever was done to them.
  void recoverAll();

 private:
  void recover(Turret& turret);
  robohub::test::TempFolder folder_;
  test::HubProcess hub_;
  std::vector<std::unique_ptr<Turret>> turrets_;
};

// Runs it for each, in a thread each; the first exception is thrown on.
void atOnce(std::vector<std::unique_ptr<Turret>>& turrets, const std::function<void(Turret&)>& work);

}  // namespace soak
