// What has happened since the start, counted where it happens and read by whoever draws figures of it. No locks on the
// paths of commands and beats; sockets come and go seldom enough for one. Thread-safe.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <unordered_map>

#include "base/ids.hpp"
#include "base/mutex.hpp"
#include "control/effects.hpp"

namespace robohub::live {

class Tally {
 public:
  static constexpr std::size_t kStates = 9;  // of control::CommandState
  // Upper bounds in seconds, of the time from a command's arrival to its final state; the last bucket has none.
  static constexpr std::array<double, 10> kSeconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

  void turnBegan() { ++turns_; }
  void stopPressed() { ++stops_; }
  // A command has come to its final state.
  void commandEnded(const control::CommandRecord& record) {
    ++commands_[static_cast<std::size_t>(record.state)];
    if (!record.finished) return;
    const std::int64_t ns = (*record.finished - record.received).count();
    const double seconds = static_cast<double>(ns) / 1e9;
    std::size_t bucket = 0;
    while (bucket < kSeconds.size() && seconds > kSeconds[bucket]) ++bucket;
    ++buckets_[bucket];
    command_ns_ += ns;
  }
  void socketOpened(const PersonId& person) {
    Lock lock(mutex_);
    ++sockets_;
    ++people_[std::hash<PersonId>()(person)];
  }
  void socketClosed(const PersonId& person) {
    Lock lock(mutex_);
    --sockets_;
    const auto at = people_.find(std::hash<PersonId>()(person));
    if (at != people_.end() && --at->second == 0) people_.erase(at);
  }

  std::uint64_t turns() const { return turns_; }
  std::uint64_t stops() const { return stops_; }
  std::uint64_t commands(control::CommandState state) const { return commands_[static_cast<std::size_t>(state)]; }
  // Not summed up; one more than kSeconds.
  std::uint64_t bucket(std::size_t index) const { return buckets_[index]; }
  double commandSeconds() const { return static_cast<double>(command_ns_.load()) / 1e9; }
  std::size_t sockets() const {
    Lock lock(mutex_);
    return sockets_;
  }
  // With at least one live socket.
  std::size_t people() const {
    Lock lock(mutex_);
    return people_.size();
  }

 private:
  std::atomic<std::uint64_t> turns_{0}, stops_{0};
  std::array<std::atomic<std::uint64_t>, kStates> commands_{};
  std::array<std::atomic<std::uint64_t>, kSeconds.size() + 1> buckets_{};
  std::atomic<std::int64_t> command_ns_{0};
  mutable Mutex mutex_;
  std::size_t sockets_ RH_GUARDED_BY(mutex_) = 0;
  // How many sockets each has, by a hash: two who share one would count as one in a chart, and names need much room.
  std::unordered_map<std::size_t, std::uint32_t> people_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::live
