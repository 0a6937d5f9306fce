// Watches the outputs of a lab turret from outside its process: fault tests kill or freeze the driver and still learn
// when the laser went off. The file is the one of the driver's `model: {edges: PATH}`; its layout is in
// hw/model/edges.hpp. Link robohub_hw.
#pragma once
#include <time.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "hw/model/edges.hpp"

namespace robohub::test {

constexpr std::uint32_t kLaserOutput = 1;
constexpr std::uint32_t kXServoOutput = 2;
constexpr std::uint32_t kYServoOutput = 3;

// Follows the laser's line. A line whose owner is dead counts as off: the kernel has released it, and a pull-down makes
// it low. A frozen owner (SIGSTOP) keeps its level. Not thread-safe.
class LaserWatch {
 public:
  // Throws rh::hw::OpenError while there is no such file yet.
  explicit LaserWatch(const std::string& path) : reader_(path) { refresh(); }

  // Its level now.
  bool on() {
    refresh();
    return on_;
  }
  // When it took its present level (CLOCK_MONOTONIC): the edge's own time; for a dead owner the moment when that was
  // seen, at most one poll late. 0: it has never changed.
  std::int64_t sinceNs() const { return since_ns_; }
  // How often it was switched on since the watch began.
  int timesOn() {
    refresh();
    return times_on_;
  }

  // Waits for a level; returns since when it has it (sinceNs()), or nothing after `timeout`.
  std::optional<std::int64_t> waitFor(bool level, std::chrono::milliseconds timeout) {
    const std::int64_t end_ns = rh::hw::model::monotonicNs() + timeout.count() * 1'000'000;
    while (on() != level) {
      if (rh::hw::model::monotonicNs() > end_ns) return std::nullopt;
      const timespec nap{0, 200'000};
      ::nanosleep(&nap, nullptr);
    }
    return since_ns_;
  }

 private:
  void refresh() {
    // First whether it lives, then its edges: one that was written just before the death is not lost.
    const bool alive = reader_.ownerAlive();
    for (const auto& edge : reader_.next()) {
      if (edge.output != kLaserOutput || (edge.value != 0) == on_) continue;
      on_ = edge.value != 0;
      since_ns_ = edge.t_ns;
      if (on_) ++times_on_;
    }
    if (!alive && on_) {
      on_ = false;
      since_ns_ = rh::hw::model::monotonicNs();
    }
  }

  rh::hw::model::EdgeReader reader_;
  bool on_ = false;
  std::int64_t since_ns_ = 0;
  int times_on_ = 0;
};

}  // namespace robohub::test
