// Deadlines in order. Cancelling is constant time (the heap forgets lazily), because most timers of a server are
// time-outs that never fire. Pure: time comes in. Not thread-safe.
#pragma once
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"

namespace robohub::net {

// 0 is no timer.
using TimerId = std::uint64_t;

class TimerHeap {
 public:
  TimerId add(MonoTime deadline, std::function<void()> fn);
  // False when it has fired or was cancelled before.
  bool cancel(TimerId id);
  // The earliest deadline that is still wanted.
  std::optional<MonoTime> next();
  // Takes the earliest one that is due; empty when none is. Equal deadlines come in the order of add().
  std::function<void()> takeDue(MonoTime now);
  std::size_t size() const { return wanted_.size(); }
  // Cancelled ones that still take room.
  std::size_t forgotten() const { return heap_.size() - wanted_.size(); }

 private:
  struct Entry {
    MonoTime deadline;
    TimerId id;
  };
  static bool later(const Entry& a, const Entry& b);
  void dropForgotten();

  std::vector<Entry> heap_;
  std::unordered_map<TimerId, std::function<void()>> wanted_;
  TimerId last_id_ = 0;
};

}  // namespace robohub::net
