// The driver of a robot on two motors: wheels turn only while a person holds the turn and is there, and what leans or
// feels the weather tells of it.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "motor_robot/bench.hpp"
#include "motor_robot/sensors.hpp"
#include "motor_robot/settings.hpp"
#include "rh/mutex.hpp"
#include "rh/plugin.hpp"

namespace motor_robot {

// Commands and hooks are [device-serial]; halt() comes beside them. Commands throw rh::Fault with a sentence.
class Driver final : public rh::Device {
 public:
  // Everything is off before it returns. Throws rh::Fault when a pin is not to be had; sensors may be missing.
  explicit Driver(rh::Context context);
  // On given hardware. Tests.
  Driver(rh::Context context, const Settings& settings, std::unique_ptr<Bench> bench);
  ~Driver() override;

  // -100..100 each, negative backwards; both 0: as stop(). A motor that reverses is without current for the dead time
  // before (blocks for it). When the pins do not take it, both motors are off.
  void drive(double left_percent, double right_percent);
  // Motors off; needs no permit.
  void stop();
  // The LED may be switched whenever the command may come.
  void led(bool on);
  // On only under a permit: it is silent with the motors at a halt.
  void buzzer(bool on);
  // Shows a line in the robot's log and on the channel "message".
  void message(const std::string& text);

  // Motors without pulses, their lines low, buzzer off; the LED stays.
  void halt() noexcept override;
  void watch(const std::string& stream, bool on) override;
  void quiesce() override;

  static rh::Type<Driver> type();

 private:
  void switchBuzzer(bool on);
  void publishOutputs() const;

  rh::Context context_;
  const Settings settings_;
  std::unique_ptr<Bench> bench_;  // first made, last gone
  std::unique_ptr<HBridge> motors_;
  std::unique_ptr<rh::hw::GpioOutput> led_, buzzer_;
  std::unique_ptr<Sensors> sensors_;

  mutable rh::Mutex publish_mutex_;                            // keeps values of "outputs" in order
  mutable rh::Mutex mutex_ RH_ACQUIRED_AFTER(publish_mutex_);  // halt() publishes too
  bool led_on_ RH_GUARDED_BY(mutex_) = false;
  bool buzzer_on_ RH_GUARDED_BY(mutex_) = false;
};

}  // namespace motor_robot
