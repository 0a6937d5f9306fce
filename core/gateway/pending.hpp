// Devices of older kinds that have come and that no administrator has accepted yet. They wait here in memory; whoever
// brought one is told what became of it. Thread-safe; callbacks come without a lock, on the thread of whoever decides,
// and should post.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "device/link.hpp"

namespace robohub::gateway {

// PENDING of docs/PROTOCOL.md.
struct PendingDevice {
  device::Link link = device::Link::robot_tcp;
  std::string foreign_id;  // 1 to 200 bytes
  std::string name, address;
  std::int64_t since_ms = 0;  // wall clock; filled in by offer()
  std::string type;
  std::string refused;  // why it cannot be accepted as it is; "" when it can
};

class Pending {
 public:
  static constexpr std::size_t kMost = 256;
  static constexpr Duration kRefusedFor = std::chrono::hours(24);
  using Accepted = std::function<void(const DeviceId&)>;
  using Refused = std::function<void()>;

  explicit Pending(const Clock& clock) : clock_(clock) {}

  // It waits from now on; offered again it keeps its place in time. The ticket takes it back. Errors: permission_denied
  // (it was refused within the last day), exhausted (so many wait already).
  Result<std::uint64_t> offer(PendingDevice device, Accepted accepted, Refused refused);
  // It went away by itself; a later offer of the same device has another ticket and stays.
  void withdraw(std::uint64_t ticket);

  std::vector<PendingDevice> all() const;
  // Errors: not_found.
  Result<PendingDevice> find(device::Link link, std::string_view foreign_id) const;
  // It is enrolled as `device`: whoever brought it is told. Nothing when it does not wait any more.
  void accept(device::Link link, std::string_view foreign_id, const DeviceId& device);
  // For a day. Errors: not_found.
  Status refuse(device::Link link, std::string_view foreign_id);

 private:
  using Key = std::pair<device::Link, std::string>;
  struct Entry {
    PendingDevice device;
    std::uint64_t ticket = 0;
    Accepted accepted;
    Refused refused;
  };
  const Clock& clock_;
  mutable Mutex mutex_;
  std::map<Key, Entry> waiting_ RH_GUARDED_BY(mutex_);
  std::map<Key, MonoTime> refused_until_ RH_GUARDED_BY(mutex_);
  std::uint64_t tickets_ RH_GUARDED_BY(mutex_) = 0;
};

// A device id made of what it calls itself: lower case, what is no plain name becomes '-'. `prefix` stands before it.
// Never empty.
DeviceId deviceIdOf(std::string_view prefix, std::string_view foreign_id);

}  // namespace robohub::gateway
