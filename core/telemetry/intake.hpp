// The way in: values come from every loop, are checked and thinned there, and wait in one list for the writer. Nothing
// here touches a disk or waits for one; what is too much is dropped and counted.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/mutex.hpp"
#include "base/time.hpp"
#include "plugin/manifest.hpp"
#include "telemetry/channel_shape.hpp"

namespace robohub::telemetry {

// What a series is the same by.
struct SeriesKey {
  std::string device, channel;
  Field field;
};

// A series while the program runs; its number in the files is the writer's business.
using Slot = std::uint32_t;

struct Row {
  std::int64_t t_ms = 0;
  double value = 0;
  Slot slot = 0;
};

struct IntakeCounts {
  std::uint64_t thinned = 0, refused = 0, over_limit = 0, overflowed = 0;
  std::size_t series = 0, waiting = 0;
};

// Thread-safe.
class Intake {
 public:
  static constexpr std::size_t kMaxSeriesOfDevice = 512;
  static constexpr std::size_t kMostWaiting = 1'000'000;  // rows: 24 MB
  static constexpr std::size_t kEnough = 200'000;         // rows that are worth a batch before its time

  Intake(const Clock& clock, std::function<void(const std::string&)> warn) : clock_(clock), warn_(std::move(warn)) {}

  // Those that were refused before are tried again.
  void setMaxSeries(std::size_t count);
  // While off everything is dropped unseen.
  void accept(bool on) { accepting_.store(on, std::memory_order_relaxed); }

  void describe(const DeviceId& device, const plugin::DeviceType* type);
  void record(const DeviceId& device, std::string_view channel, std::int64_t wall_ms, std::string_view json);
  void record(const DeviceId& device, std::string_view channel, std::int64_t wall_ms, const Numbers& value);
  // What comes later of this device makes new series; the slots that it had are dead.
  std::vector<Slot> forget(const DeviceId& device);

  struct Taken {
    std::vector<Row> rows;                          // in the order in which they came
    std::vector<std::pair<Slot, SeriesKey>> fresh;  // of all rows that were ever taken; each slot once
  };
  Taken take();
  // Waits until there are rows (`enough`: many), wake() was called or `limit` has passed.
  void wait(Duration limit, bool enough);
  void wake();

  IntakeCounts counts() const;

 private:
  struct Channel {
    std::string name;
    std::shared_ptr<const ChannelShape> shape;
    std::shared_ptr<const ChannelShape> same;  // another one that was found to have the same fields
    std::int64_t interval_us = 0;              // between two values, at the declared rate and a little above it
    std::int64_t allowed_us = 0;               // theoretical time of the next value
    std::vector<std::int64_t> slots;           // by field; kNoSlot: not yet, kRefused: too many series
    std::uint64_t wrong = 0;                   // since it was last said
    MonoTime wrong_said = MonoTime::min();
    bool thinning_said = false;
  };
  struct Device {
    Mutex mutex;
    std::string id RH_GUARDED_BY(mutex);
    std::size_t fingerprint RH_GUARDED_BY(mutex) = 0;  // of the type's channels
    std::vector<Channel> channels RH_GUARDED_BY(mutex);
    std::map<std::string, Slot> slots
        RH_GUARDED_BY(mutex);  // by channel, field and unit: they outlive a change of type
    std::vector<FieldValue> scratch RH_GUARDED_BY(mutex);
  };
  // What they return is for the log, once the device's lock is let go of; "" mostly.
  std::string put(Device& device, std::string_view channel, std::int64_t wall_ms, std::string_view json)
      RH_REQUIRES(device.mutex);
  std::string thin(const Device& device, Channel& channel) RH_REQUIRES(device.mutex);
  std::string wrong(const Device& device, Channel& channel, const Error& why) RH_REQUIRES(device.mutex);
  // Of a value that fits; `values` holds FieldValues or, one for each field, doubles.
  template <class Values>
  std::string keep(Device& device, Channel& channel, std::int64_t wall_ms, const Values& values)
      RH_REQUIRES(device.mutex);
  static bool fast(Channel& channel, std::int64_t wall_ms);
  std::int64_t slotFor(Device& device, const Channel& channel, std::size_t field, std::string& say)
      RH_REQUIRES(device.mutex);
  std::shared_ptr<Device> find(const DeviceId& id) const;
  bool plausible(std::int64_t t_ms) const;
  template <class Values>
  void push(const Channel& channel, std::int64_t t_ms, const Values& values);
  // Null: nothing of it is recorded.
  std::shared_ptr<Device> taken(const DeviceId& id, std::int64_t wall_ms);
  static Channel* channelOf(Device& device, std::string_view name) RH_REQUIRES(device.mutex);

  const Clock& clock_;
  const std::function<void(const std::string&)> warn_;
  std::atomic<bool> accepting_{false};
  std::atomic<std::size_t> max_series_{0};
  std::atomic<std::uint64_t> thinned_{0}, refused_{0}, over_limit_{0}, overflowed_{0};
  std::atomic<std::size_t> series_{0};
  std::atomic<bool> limit_said_{false};

  mutable SharedMutex devices_mutex_;  // the map
  std::unordered_map<DeviceId, std::shared_ptr<Device>> devices_ RH_GUARDED_BY(devices_mutex_);

  mutable Mutex mutex_;
  Condition changed_;
  std::vector<Row> rows_ RH_GUARDED_BY(mutex_);
  std::vector<std::pair<Slot, SeriesKey>> fresh_ RH_GUARDED_BY(mutex_);
  Slot next_slot_ RH_GUARDED_BY(mutex_) = 0;
  bool woken_ RH_GUARDED_BY(mutex_) = false;
};

}  // namespace robohub::telemetry
