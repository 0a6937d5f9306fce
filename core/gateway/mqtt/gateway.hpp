// Every device behind the MQTT broker. They are attached by the configuration alone; each comes online with the broker.
// A device whose settings do not fit its plugin is left out, with where that stands: the others and the hub run on.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "device/registry.hpp"
#include "gateway/mqtt/client.hpp"
#include "gateway/mqtt/figures.hpp"
#include "gateway/mqtt/peer.hpp"
#include "live/live_devices.hpp"
#include "net/loop_pool.hpp"

namespace robohub::gateway {

class MqttGateway {
 public:
  // Makes the devices: opens their translators, checks their templates. Blocks on files. All must outlive it.
  MqttGateway(net::LoopPool& loops, live::LiveDevices& devices, device::Registry& registry, MqttSettings settings,
              MqttLog log);
  ~MqttGateway();
  MqttGateway(const MqttGateway&) = delete;
  MqttGateway& operator=(const MqttGateway&) = delete;

  // Attaches the devices and dials the broker. Before the loops start.
  void begin();
  // Makes safe what can be made safe, says goodbye to the broker. Blocks for at most three seconds; the loops run.
  void end();

  MqttFigures figures() const;  // [any-thread]

 private:
  void make(const MqttDevice& device);
  void follow();
  void attached(const std::shared_ptr<MqttPeer>& peer, const Result<DeviceId>& done);
  void fault(const Error& error);
  void up();
  void down(const std::string& why, bool lost);
  void route(const std::vector<MqttIncoming>& messages);
  std::set<MqttPeer*> listeners(const std::string& topic) const;
  bool counts(const std::string& topic) const;

  net::LoopPool& loops_;
  live::LiveDevices& devices_;
  device::Registry& registry_;
  const MqttSettings settings_;
  const MqttLog log_;
  std::vector<std::shared_ptr<MqttPeer>> peers_;  // as the two that follow, made by the constructor
  std::unordered_multimap<std::string, MqttPeer*> by_topic_;
  std::vector<std::pair<std::string, MqttPeer*>> by_filter_;  // those with wildcards
  std::unique_ptr<MqttClient> client_;
  std::size_t unattached_ = 0;  // [loop 0]
  bool up_ = false;             // [loop 0]
  std::string why_;             // [loop 0]
  std::atomic<std::uint64_t> dropped_{0};
  mutable Mutex mutex_;
  std::vector<std::string> faults_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::gateway
