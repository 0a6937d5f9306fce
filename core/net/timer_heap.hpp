// Deadlines in order. Cancelling is constant time (the heap forgets lazily), because most timers of a server are
// time-outs that never fire. Pure: time comes in. Not thread-safe.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace robohub::net {

// 0 is no timer.
using TimerId = std::uint64_t;

class TimerHeap {
 public:
  TimerHeap() = default;
  ~TimerHeap();
  TimerHeap(const TimerHeap&) = delete;
  TimerHeap& operator=(const TimerHeap&) = delete;

  TimerId add(MonoTime deadline, std::function<void()> fn);
  // False when it has fired or was cancelled before.
  bool cancel(TimerId id);
  // The earliest deadline that is still wanted.
  std::optional<MonoTime> next();
  // Takes the earliest one that is due; empty when none is. Equal deadlines come in the order of add().
  std::function<void()> takeDue(MonoTime now);
  std::size_t size() const { return wanted_; }
  // Cancelled ones that still take room.
  std::size_t forgotten() const { return heap_.size() - wanted_; }
  // Timers that there is room for.
  std::size_t room() const { return slots_.capacity(); }

 private:
  // An id is a slot's place (its low half, from 1) and the low half of its number in the order of add()
  // (its high half).
  struct Entry {
    MonoTime deadline;
    std::uint64_t number;
    TimerId id;
  };
  struct Slot {
    std::function<void()> fn;
    std::uint32_t number = 0;
    bool taken = false;
  };
  static bool later(const Entry& a, const Entry& b);
  Slot* slotOf(TimerId id);
  std::function<void()> release(TimerId id, Slot& slot);
  void dropForgotten();
  void tidy();

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;  // places in slots_
  std::size_t wanted_ = 0;
  std::uint64_t added_ = 0;
};

}  // namespace robohub::net
