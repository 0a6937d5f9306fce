// The network between agent and hub: connections that keep their order, take their time, break, and whose last bytes
// may still arrive long after (an end that has not noticed, a proxy that kept them).
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "link/messages.hpp"
#include "world.hpp"

namespace simulation {

struct Connection {
  robohub::link::Nonce nonce;
  bool carries = true;  // false: broken; nothing new gets through
  bool late = false;    // what was in flight when it broke arrives late, else never
  Time late_by = 0;
  Time hub_order = 0, agent_order = 0;  // when the newest message arrives at either end
};
using ConnectionPtr = std::shared_ptr<Connection>;

class LinkModel {
 public:
  explicit LinkModel(World& world) : world_(world) {}

  // The two ends.
  std::function<void(const ConnectionPtr&, const robohub::link::AgentMessage&)> hub_receives;
  std::function<void(const ConnectionPtr&)> hub_loses;
  std::function<void(const ConnectionPtr&, const robohub::link::HubMessage&)> agent_receives;
  std::function<void(const ConnectionPtr&)> agent_loses;

  ConnectionPtr dial(const robohub::link::Nonce& nonce);
  void toHub(const ConnectionPtr& connection, const robohub::link::AgentMessage& message);
  void toAgent(const ConnectionPtr& connection, const robohub::link::HubMessage& message);
  // Breaks it; the ends notice each in their time, or never (Time < 0).
  void cut(const ConnectionPtr& connection, Time agent_notices, Time hub_notices);
  // Sends something stamped, recorded earlier on any connection, to the agent once more.
  void replay();

  ConnectionPtr current;  // the newest dialled

 private:
  Time arrival(const Connection& connection, Time& order);
  void deliver(const ConnectionPtr& connection, bool shifted, std::function<void()> receive);
  void inject(const robohub::link::HubMessage& message);

  World& world_;
  std::deque<robohub::link::HubMessage> recorded_;  // the newest
};

}  // namespace simulation
