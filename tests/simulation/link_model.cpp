#include "link_model.hpp"

#include <algorithm>

namespace simulation {
namespace {

namespace link = robohub::link;

constexpr std::size_t kRecorded = 60;

bool isStamped(const link::HubMessage& message) {
  return std::holds_alternative<link::Grant>(message) || std::holds_alternative<link::HubBeat>(message) ||
         std::holds_alternative<link::Command>(message);
}

}  // namespace

ConnectionPtr LinkModel::dial(const link::Nonce& nonce) {
  current = std::make_shared<Connection>();
  current->nonce = nonce;
  return current;
}

Time LinkModel::arrival(const Connection&, Time& order) {
  const Time delay = world_.chance.percent(5) ? world_.chance.between(0, ms(30)) : world_.chance.between(0, ms(3));
  return order = std::max(order, world_.time.now() + delay);
}

void LinkModel::deliver(const ConnectionPtr& connection, bool shifted, std::function<void()> receive) {
  if (connection->carries || shifted) return receive();
  if (!connection->late) return;
  world_.time.at(world_.time.now() + connection->late_by,
                 [this, connection, receive = std::move(receive)] { deliver(connection, true, receive); });
}

void LinkModel::toHub(const ConnectionPtr& connection, const link::AgentMessage& message) {
  if (!connection || !connection->carries) return;
  link::AgentMessage sent = message;
  if (world_.through_text) {
    auto read = link::parseFromAgent(link::encode(message));
    if (!read)
      return world_.violated("what is written can be read: " + read.error().message + " " + link::encode(message));
    sent = *read;
  }
  world_.time.at(arrival(*connection, connection->hub_order), [this, connection, sent = std::move(sent)] {
    deliver(connection, false, [this, connection, sent] { hub_receives(connection, sent); });
  });
}

void LinkModel::toAgent(const ConnectionPtr& connection, const link::HubMessage& message) {
  if (!connection || !connection->carries) return;
  if (world_.defect == Defect::stop_lost && std::holds_alternative<link::Stop>(message)) return;
  link::HubMessage sent = message;
  if (world_.through_text) {
    auto read = link::parseFromHub(link::encode(message));
    if (!read)
      return world_.violated("what is written can be read: " + read.error().message + " " + link::encode(message));
    sent = *read;
  }
  if (isStamped(sent)) {
    recorded_.push_back(sent);
    if (recorded_.size() > kRecorded) recorded_.pop_front();
    if (!world_.calm && world_.chance.percent(2)) {  // kept back, and let go when it suits
      world_.time.at(world_.time.now() + world_.chance.between(0, ms(400)), [this, sent] { inject(sent); });
      return;
    }
  }
  world_.time.at(arrival(*connection, connection->agent_order), [this, connection, sent = std::move(sent)] {
    deliver(connection, false, [this, connection, sent] { agent_receives(connection, sent); });
  });
}

void LinkModel::cut(const ConnectionPtr& connection, Time agent_notices, Time hub_notices) {
  if (!connection || !connection->carries) return;
  connection->carries = false;
  connection->late = world_.chance.percent(50);
  connection->late_by = world_.chance.between(ms(1), ms(1500));
  world_.disturb();
  if (agent_notices >= 0)
    world_.time.at(world_.time.now() + agent_notices, [this, connection] { agent_loses(connection); });
  if (hub_notices >= 0) world_.time.at(world_.time.now() + hub_notices, [this, connection] { hub_loses(connection); });
}

void LinkModel::replay() {
  if (recorded_.empty()) return;
  // Mostly what is young enough to pass for fresh.
  const std::size_t from = recorded_.size() > 8 && world_.chance.percent(70) ? recorded_.size() - 8 : 0;
  inject(recorded_[from + world_.chance.below(recorded_.size() - from)]);
}

void LinkModel::inject(const link::HubMessage& message) {
  if (!current || !current->carries || world_.calm) return;
  world_.trace("replay", [&] { return link::encode(message); });
  agent_receives(current, message);
}

}  // namespace simulation
