// A PWM channel in memory.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "hw/pwm.hpp"

namespace rh::hw::model {

// What is wired to the channel reads highTime(). highTime() may be called from any thread, the rest not.
class Pwm final : public PwmOutput {
 public:
  Pwm(std::string name, std::chrono::nanoseconds period) : name_(std::move(name)), period_(period) {}
  IoStatus setHighTime(std::chrono::nanoseconds high) override;
  IoStatus off() override { return setHighTime(std::chrono::nanoseconds(0)); }
  std::chrono::nanoseconds period() const override { return period_; }
  const std::string& name() const override { return name_; }
  std::chrono::nanoseconds highTime() const { return std::chrono::nanoseconds(high_ns_.load()); }

 private:
  const std::string name_;
  const std::chrono::nanoseconds period_;
  std::atomic<std::int64_t> high_ns_{0};
};

}  // namespace rh::hw::model
