// The doors of the older robot server: robots over plain TCP, their browsers over WebSockets. A robot that nobody knows
// waits for an administrator, or becomes a device at once where the configuration says so. Thread-safe.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "base/paced_line.hpp"
#include "base/rate_limit.hpp"
#include "device/registry.hpp"
#include "gateway/pending.hpp"
#include "gateway/robot_tcp/browsers.hpp"
#include "gateway/robot_tcp/connection.hpp"
#include "net/connection_quota.hpp"
#include "net/http_server.hpp"
#include "net/listener.hpp"

namespace robohub::gateway {

class RobotGateway final : public RobotHost {
 public:
  struct Places {
    net::LoopPool& loops;
    device::Registry& registry;
    live::LiveDevices& devices;
    identity::Identity& identity;
    Pending& pending;
  };
  // All of `places` outlive it. Before the loops start.
  RobotGateway(const Places& places, const RobotSettings& settings);
  ~RobotGateway() override;

  // Opens what the settings name; after the devices have begun, before the loops start. "robot_tcp at 127.0.0.1:7070"
  // for each port. Errors: those of the listeners, at robots.listen or robots.browsers.
  Result<std::vector<std::string>> begin();
  // For robots and browsers from now on. [any-thread]
  void configure(const RobotSettings& settings);
  // Nobody comes in any more; every robot is made safe and let go of. Blocks for at most `limit`; the loops run.
  void end(Duration limit);

  // Of robots on their connections' loops.
  void introduced(const std::shared_ptr<RobotConnection>& connection) override;
  void gone(RobotConnection& connection) override;
  std::shared_ptr<const RobotRules> rules() const override { return std::atomic_load(&rules_); }
  RobotTable& table() override { return table_; }
  const Clock& clock() const override { return places_.devices.services().clock; }

 private:
  class Page;
  void accepted(net::UniqueFd fd, const net::PeerAddress& peer);
  void admit(const std::shared_ptr<RobotConnection>& connection, const DeviceId& device);
  void attach(const std::shared_ptr<RobotConnection>& connection);
  void wait(const std::shared_ptr<RobotConnection>& connection, const std::string& refused);
  bool mayBecomeDevice();
  Duration comesTooSoonBy(const DeviceId& device);
  void turnedAway(const net::PeerAddress& peer);
  std::shared_ptr<const RobotRules> rulesOf(const RobotSettings& settings) const;
  void log(link::EventLevel level, const std::string& text) const { places_.devices.services().log(level, text); }

  const Places places_;
  std::shared_ptr<const RobotRules> rules_;  // atomic_load, atomic_store
  RobotTable table_;
  RobotBrowsers browsers_;
  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<net::HttpServer> server_;
  // So many in all, and so many of one address, so that one machine shuts nobody else out: connections; of these, such
  // as have not said who they are; such as wait for an administrator.
  const std::shared_ptr<net::ConnectionQuota> connected_, strangers_, waiting_;
  RateLimit new_devices_;                        // [loop 0] that become devices by themselves
  std::uint64_t turned_away_ = 0;                // [loop 0] since the last line about them
  MonoTime turned_away_told_ = MonoTime::min();  // [loop 0]
  PacedLine kept_out_;                           // [loop 0] since another one of the id is connected
  Mutex mutex_;
  Condition gone_;
  std::map<const RobotConnection*, std::uint64_t> tickets_ RH_GUARDED_BY(mutex_);  // of those that wait
  std::map<DeviceId, MonoTime> came_ RH_GUARDED_BY(mutex_);                        // that were let in a moment ago
  bool ending_ RH_GUARDED_BY(mutex_) = false;
};

}  // namespace robohub::gateway
