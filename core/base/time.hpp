// Every interval is measured on the monotonic clock, and rules never read a clock themselves: they take `now`.
// Wall time exists for display and records only.
#pragma once
#include <chrono>
#include <cstdint>

namespace robohub {

using Duration = std::chrono::nanoseconds;
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;  // CLOCK_MONOTONIC
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

// Where shells (never rules) get the time from; tests inject a ManualClock. [any-thread]
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime now() const = 0;
  virtual WallTime wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  MonoTime now() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

// Stands still until it is told to move. Not thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(MonoTime start = MonoTime{std::chrono::hours(1)}) : now_(start) {}
  MonoTime now() const override { return now_; }
  WallTime wall() const override { return wall_; }
  void advance(Duration by) {
    now_ += by;
    wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(by);
  }

 private:
  MonoTime now_;
  WallTime wall_{std::chrono::milliseconds(1'700'000'000'000)};
};

inline std::int64_t toNs(MonoTime t) {
  return t.time_since_epoch().count();
}
inline MonoTime fromNs(std::int64_t ns) {
  return MonoTime(Duration(ns));
}
inline std::int64_t toMs(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}
inline std::int64_t toMs(WallTime t) {
  return t.time_since_epoch().count();
}

}  // namespace robohub
