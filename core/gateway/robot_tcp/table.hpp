// Which robots are connected, by what they call themselves: so that a second one of the same id is kept out while the
// first answers, and browsers can be given the list and find a robot. Thread-safe; never blocks.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace robohub::gateway {

class RobotLink;
class RobotConnection;

class RobotTable {
 public:
  // Whoever has said nothing for this long may be replaced.
  static constexpr Duration kAnswers = std::chrono::seconds(3);

  // When a connection was heard of last; written by its loop, read by any.
  using Heard = std::atomic<std::int64_t>;

  // `changed` is called without a lock whenever the list of robots that are devices changes.
  RobotTable(const Clock& clock, std::function<void()> changed) : clock_(clock), changed_(std::move(changed)) {}

  // The robot comes in. The one that it replaces, if any, is to be closed by the caller. Errors: conflict (one of this
  // id is connected and answers).
  Result<std::shared_ptr<RobotConnection>> enter(const std::string& id,
                                                 const std::shared_ptr<RobotConnection>& connection,
                                                 std::shared_ptr<const Heard> heard);
  // It is a device now.
  void online(const std::string& id, const RobotConnection* connection, const DeviceId& device,
              std::weak_ptr<RobotLink> link);
  // It is about to go: it keeps nobody out any more.
  void leaving(const std::string& id, const RobotConnection* connection);
  // The connection is over; another one's entry stays.
  void leave(const std::string& id, const RobotConnection* connection);

  struct Found {
    std::string id;
    DeviceId device;
    std::weak_ptr<RobotLink> link;
  };
  // Of those that are devices.
  std::optional<Found> find(std::string_view id) const;
  std::vector<Found> all() const;
  // Every connection, devices or not.
  std::vector<std::shared_ptr<RobotConnection>> connections() const;

 private:
  struct Entry {
    std::weak_ptr<RobotConnection> connection;
    const RobotConnection* key = nullptr;
    std::shared_ptr<const Heard> heard;  // null: it is leaving
    DeviceId device;                     // empty: none yet
    std::weak_ptr<RobotLink> link;
  };
  const Clock& clock_;
  const std::function<void()> changed_;
  mutable Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::gateway
