#include "gateway/robot_tcp/table.hpp"

namespace robohub::gateway {

Result<std::shared_ptr<RobotConnection>> RobotTable::enter(const std::string& id,
                                                           const std::shared_ptr<RobotConnection>& connection,
                                                           std::shared_ptr<const Heard> heard) {
  std::shared_ptr<RobotConnection> former;
  bool listed = false;
  {
    Lock lock(mutex_);
    const auto at = entries_.find(id);
    if (at != entries_.end()) {
      former = at->second.connection.lock();
      if (former && at->second.heard &&
          clock_.now() < fromNs(at->second.heard->load(std::memory_order_relaxed)) + kAnswers)
        return fail(ErrorCode::conflict, "A robot with the id \"" + id + "\" is connected already.");
      listed = !at->second.device.empty();
    }
    entries_[id] = {connection, connection.get(), std::move(heard), {}, {}};
  }
  if (listed) changed_();
  return former;
}

void RobotTable::online(const std::string& id, const RobotConnection* connection, const DeviceId& device,
                        std::weak_ptr<RobotLink> link) {
  {
    Lock lock(mutex_);
    const auto at = entries_.find(id);
    if (at == entries_.end() || at->second.key != connection) return;
    at->second.device = device;
    at->second.link = std::move(link);
  }
  changed_();
}

void RobotTable::leaving(const std::string& id, const RobotConnection* connection) {
  bool listed = false;
  {
    Lock lock(mutex_);
    const auto at = entries_.find(id);
    if (at == entries_.end() || at->second.key != connection) return;
    listed = !at->second.device.empty();
    at->second.heard.reset();
    at->second.device = {};
    at->second.link.reset();
  }
  if (listed) changed_();
}

void RobotTable::leave(const std::string& id, const RobotConnection* connection) {
  bool listed = false;
  {
    Lock lock(mutex_);
    const auto at = entries_.find(id);
    if (at == entries_.end() || at->second.key != connection) return;
    listed = !at->second.device.empty();
    entries_.erase(at);
  }
  if (listed) changed_();
}

std::optional<RobotTable::Found> RobotTable::find(std::string_view id) const {
  Lock lock(mutex_);
  const auto at = entries_.find(id);
  if (at == entries_.end() || at->second.device.empty()) return std::nullopt;
  return Found{at->first, at->second.device, at->second.link};
}

std::vector<RobotTable::Found> RobotTable::all() const {
  Lock lock(mutex_);
  std::vector<Found> list;
  for (const auto& [id, entry] : entries_)
    if (!entry.device.empty()) list.push_back({id, entry.device, entry.link});
  return list;
}

std::vector<std::shared_ptr<RobotConnection>> RobotTable::connections() const {
  Lock lock(mutex_);
  std::vector<std::shared_ptr<RobotConnection>> list;
  for (const auto& [id, entry] : entries_)
    if (auto connection = entry.connection.lock()) list.push_back(std::move(connection));
  return list;
}

}  // namespace robohub::gateway
