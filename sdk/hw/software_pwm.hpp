// Pulses on a plain GPIO line, for boards whose pins have no PWM hardware behind them or where it is not configured. A
// thread of its own raises and lowers the line; it asks for a real-time priority, and does without where it gets none
// (the pulses then jitter by some 0.1 ms, which a motor does not notice).
#pragma once
#include <memory>
#include <thread>

#include "hw/gpio.hpp"
#include "hw/pwm.hpp"
#include "rh/mutex.hpp"

namespace rh::hw {

// Thread-safe, other than PwmOutput asks for: off() may come from any thread, and when it has returned the line is low
// and stays low until the next setHighTime(). The thread sleeps while the line is steadily low or high.
class SoftwarePwm final : public PwmOutput {
 public:
  SoftwarePwm(std::unique_ptr<GpioOutput> line, std::chrono::nanoseconds period);
  ~SoftwarePwm() override;

  // A new pulse width counts from the next period on; 0 and period() at once. Reports what the line refused since.
  IoStatus setHighTime(std::chrono::nanoseconds high) override;
  IoStatus off() override { return setHighTime(std::chrono::nanoseconds(0)); }
  std::chrono::nanoseconds period() const override { return period_; }
  const std::string& name() const override { return line_->name(); }

 private:
  bool pulsing() const RH_REQUIRES(mutex_) { return high_.count() > 0 && high_ < period_; }
  void run();

  const std::unique_ptr<GpioOutput> line_;
  const std::chrono::nanoseconds period_;
  Mutex mutex_;  // held over one write of the line, never over a wait
  Condition changed_;
  std::chrono::nanoseconds high_ RH_GUARDED_BY(mutex_){0};
  IoStatus failure_ RH_GUARDED_BY(mutex_);
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace rh::hw
