// A GPIO line in memory. Releasing it (the driver closes or its process ends) returns the pin to input, where a
// pull-down makes it low, as mainline kernels do.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "hw/gpio.hpp"
#include "rh/mutex.hpp"

namespace rh::hw::model {

// The pin: what is wired to it sees level(). Thread-safe; must outlive the requests made on it.
class GpioLine {
 public:
  // Called at each change of level, under the model's mutex: it must not call back.
  using Observer = std::function<void(bool high)>;
  explicit GpioLine(std::string name, Observer observer = {})
      : name_(std::move(name)), observer_(std::move(observer)) {}

  // As requestLinuxGpioOutput; throws OpenError (EBUSY) while another request holds the line.
  std::unique_ptr<GpioOutput> requestOutput(bool high);
  // As requestLinuxGpioInput; drive() gives the level.
  std::unique_ptr<GpioInput> requestInput(Edge edge);

  bool level() const;
  bool requested() const;
  // The outside world drives the pin (of an input).
  void drive(bool high);
  // From now on set() fails with this errno value and the level stays; 0 heals.
  void fail(int error);

 private:
  friend class LineOutput;
  friend class LineInput;
  IoStatus setOutput(bool high);
  void release();
  void change(bool high) RH_REQUIRES(mutex_);

  const std::string name_;
  Observer observer_;
  mutable Mutex mutex_;
  Condition edge_seen_;
  bool level_ RH_GUARDED_BY(mutex_) = false;
  bool requested_ RH_GUARDED_BY(mutex_) = false;
  Edge edge_ RH_GUARDED_BY(mutex_) = Edge::none;
  unsigned edges_ RH_GUARDED_BY(mutex_) = 0;
  int error_ RH_GUARDED_BY(mutex_) = 0;
};

}  // namespace rh::hw::model
