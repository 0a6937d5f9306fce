// The agent's shell around the fence: dials, carries effects out, keeps the timer, watches its driver.
#pragma once
#include <memory>
#include <optional>

#include "driver_model.hpp"
#include "link/agent_fence.hpp"
#include "link_model.hpp"
#include "world.hpp"

namespace simulation {

class AgentModel : public Process {
 public:
  AgentModel(World& world, LinkModel& link, DriverModel& driver, const Process& hub);

  void start();
  void crash();
  void receive(const ConnectionPtr& connection, const robohub::link::HubMessage& message);
  void lose(const ConnectionPtr& connection);
  void driverCrashes();
  void redialSoon() { dialAfter(ms(20)); }

  bool linkedBy(const ConnectionPtr& connection) const { return alive() && connection && connection == connection_; }
  Epoch newestSeen() const { return fence_ ? fence_->epoch() : 0; }
  bool stopped() const { return fence_ && fence_->stop(); }
  bool driverWell() const { return driver_.alive() && !driver_.hangs && !driver_.halt_fails; }

 private:
  class Check;
  robohub::MonoTime now() const { return robohub::fromNs(clock_.read(world_.time.now())); }
  template <class Input>
  void input(Input input);
  void carryOut(robohub::link::FenceEffects& effects);
  void rearm();
  void dialAfter(Time delay);
  void openDriver();
  void respawnDriver(const char* why);
  void expectHalted();

  LinkModel& link_;
  DriverModel& driver_;
  const Process& hub_;
  std::shared_ptr<Check> check_;
  LocalClock clock_;
  std::optional<robohub::link::AgentFence> fence_;
  ConnectionPtr connection_;
  bool dialling_ = false;
  Time armed_ = 0;     // true time of the timer that is set; 0 = none
  Epoch granted_ = 0;  // what a planted defect makes old commands say
  robohub::link::Stamp newest_;
};

}  // namespace simulation
