// A hub, devices that can hurt and their drivers as real programs, a page for each, and bad networks between them.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "integration/support/agent_process.hpp"
#include "integration/support/hub_process.hpp"
#include "integration/support/page.hpp"
#include "plugins/outputs.hpp"
#include "soak/safety/chaos_proxy.hpp"
#include "soak/safety/lamp.hpp"
#include "soak/safety/namespaces.hpp"
#include "unit/store/temp_folder.hpp"

namespace soak {

namespace test = robohub::integration;

// Which devices there are, and over what they reach the hub.
enum class Stage {
  turrets,  // laser turrets on the register model; the chaos proxy
  hanging,  // a test plugin whose commands can be made to hang; the chaos proxy
  cables,   // laser turrets; each agent and each page in a network namespace of its own
};

// One device with everything that belongs to it.
struct Device {
  std::string id;
  int number = 0;
  std::unique_ptr<ChaosProxy> agent_wire, page_wire;
  std::unique_ptr<Cable> agent_cable, page_cable;
  std::unique_ptr<test::AgentProcess> agent;
  std::unique_ptr<Lamp> lamp;
  TestOutputs* outputs = nullptr;  // of a hanging one
  std::unique_ptr<test::Page> page;
  std::string cookie;
  pid_t driver = 0;
  std::int64_t lit_ns = 0;  // when it was seen lit
  std::uint32_t opens = 0;  // of a hanging one, when it was lit
  int times_on = 0;         // that a trial meant to
  std::string posted;       // key of a command that the fault itself sent
  int lit_alone = 0;        // times that nobody meant to: without a turn, or before a command
};

struct RigSetup {
  Stage stage = Stage::turrets;
  int devices = 10;
  std::uint64_t seed = 0;
  Shape uplink;  // of each agent
};

class Rig {
 public:
  // Throws when something does not start.
  explicit Rig(const RigSetup& setup);

  test::HubProcess& hub() { return hub_; }
  std::filesystem::path folder() const { return folder_.path(); }
  std::vector<std::unique_ptr<Device>>& devices() { return devices_; }

  // A page for each takes the turn and lights the lamp, all at once. Throws when that cannot be done in time.
  void lightAll();
  // The hub runs and every agent is online, whatever was done to them; no stop is left. `anew`: agents are started
  // again (an agent whose driver keeps dying waits ever longer before it opens it).
  void recoverAll(bool anew);
  // Runs it for each, in a thread each; the first exception is thrown on.
  void atOnce(const std::function<void(Device&)>& work);

 private:
  void add(int number, const RigSetup& setup);
  void start(Device& device);
  void light(Device& device);
  // Whether all are as they should be before a trial. Ends stops.
  bool ready();
  robohub::test::TempFolder folder_;
  test::HubProcess hub_;
  Stage stage_;
  std::vector<std::unique_ptr<Device>> devices_;
};

}  // namespace soak
