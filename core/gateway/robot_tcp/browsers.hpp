// The second port of the older robot server: WebSockets of its pages. Whoever comes has no password, so each is a guest
// and may what guests may, and pages come from the origins that the configuration lists. Thread-safe.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "gateway/robot_tcp/link.hpp"
#include "gateway/robot_tcp/table.hpp"
#include "identity/identity.hpp"
#include "live/live_devices.hpp"
#include "net/http_server.hpp"

namespace robohub::gateway {

class RobotBrowser;

class RobotBrowsers {
 public:
  RobotBrowsers(RobotTable& table, live::LiveDevices& devices, identity::Identity& identity);

  // Answers one request of the second port: 403 for a foreign origin or where guests may not even watch.
  // [the exchange's loop]
  void accept(const std::shared_ptr<net::Exchange>& exchange, const std::vector<std::string>& origins);
  // The list has changed: told to all within a moment, however often that is said meanwhile. [any-thread]
  void refresh();
  // As docs/PROTOCOL.md has `robots`: those that this guest may watch. [any-thread]
  std::string listFor(const identity::Session& guest) const;
  // The device of a robot that this guest may watch. [any-thread]
  std::shared_ptr<live::LiveDevice> deviceOf(const RobotTable::Found& robot, const identity::Session& guest) const;

  RobotTable& table() const { return table_; }
  identity::Identity& identity() const { return identity_; }
  const Clock& clock() const { return devices_.services().clock; }
  std::uint64_t nextConnection();
  void enter(const std::shared_ptr<RobotBrowser>& browser);

 private:
  void tellAll();

  RobotTable& table_;
  live::LiveDevices& devices_;
  identity::Identity& identity_;
  Mutex mutex_;
  std::vector<std::weak_ptr<RobotBrowser>> browsers_ RH_GUARDED_BY(mutex_);
  bool telling_ RH_GUARDED_BY(mutex_) = false;
  std::uint64_t connections_ RH_GUARDED_BY(mutex_) = 0;
};

}  // namespace robohub::gateway
