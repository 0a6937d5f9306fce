// Every enrolled device, live or not, found by its id from any thread. Follows the registry: a device that is enrolled
// appears, one that is revoked loses its links at once.
#pragma once
#include <map>
#include <memory>
#include <utility>

#include "base/mutex.hpp"
#include "live/live_device.hpp"

namespace robohub::live {

// Thread-safe. Make it before the loops start, let it go after they have ended.
class LiveDevices {
 public:
  explicit LiveDevices(Services services);
  LiveDevices(const LiveDevices&) = delete;
  LiveDevices& operator=(const LiveDevices&) = delete;

  // Makes what is enrolled and follows the registry from now on. Once.
  void begin();

  using Map = std::map<DeviceId, std::shared_ptr<LiveDevice>>;
  // Does not block. [any-thread]
  std::shared_ptr<const Map> all() const;
  std::shared_ptr<LiveDevice> find(const DeviceId& id) const;
  std::shared_ptr<LiveDevice> find(std::string_view id) const;
  // Runs `work` on the device's loop; at once when called there. [any-thread]
  template <class Work>
  static void on(const std::shared_ptr<LiveDevice>& device, Work work) {
    if (device->loop().inLoop())
      work(*device);
    else
      device->loop().post([device, work = std::move(work)]() mutable { work(*device); });
  }
  // The person is out of every line and turn at once. [any-thread]
  void revoke(const PersonId& person);

  const Services& services() const { return services_; }

 private:
  void follow(const device::Change& change);
  void replace(const DeviceId& id, std::shared_ptr<LiveDevice> device);

  const Services services_;
  mutable Mutex mutex_;
  std::shared_ptr<const Map> map_ RH_GUARDED_BY(mutex_) = std::make_shared<const Map>();
};

}  // namespace robohub::live
