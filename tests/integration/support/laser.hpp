// What the turret's laser does, as its model records it for others to see (hw/model/edges.hpp), whatever becomes of the
// programs.
#pragma once
#include <memory>
#include <string>

#include "hw/model/edges.hpp"
#include "integration/support/process.hpp"

namespace robohub::integration {

class Laser {
 public:
  static constexpr std::uint32_t kOutput = 1;  // of the turret's model

  // Waits for the file.
  explicit Laser(const std::string& edges_file) {
    eventually([&] {
      try {
        reader_ = std::make_unique<rh::hw::model::EdgeReader>(edges_file);
      } catch (const std::exception&) {
        return false;
      }
      return true;
    });
    if (!reader_) throw std::runtime_error("no edges file " + edges_file);
  }

  bool on() {
    read();
    return on_;
  }
  // When it last went off (CLOCK_MONOTONIC).
  std::int64_t offNs() const { return off_ns_; }
  std::int64_t ownerPid() const { return reader_->ownerPid(); }  // of the driver's process
  int timesOn() {
    read();
    return times_on_;
  }
  bool becomes(bool on, std::chrono::milliseconds patience = 5s) {
    return eventually([&] { return this->on() == on; }, patience);
  }

 private:
  void read() {
    for (const auto& edge : reader_->next()) {
      if (edge.output != kOutput) continue;
      const bool on = edge.value != 0;
      if (on && !on_) ++times_on_;
      if (!on && on_) off_ns_ = edge.t_ns;
      on_ = on;
    }
    // The kernel releases the line of a process that has died.
    if (on_ && !reader_->ownerAlive()) {
      on_ = false;
      off_ns_ = monotonicNs();
    }
  }
  std::unique_ptr<rh::hw::model::EdgeReader> reader_;
  bool on_ = false;
  std::int64_t off_ns_ = 0;
  int times_on_ = 0;
};

}  // namespace robohub::integration
