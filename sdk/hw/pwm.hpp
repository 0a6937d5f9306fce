// A pulse-width output: servos and motor drivers. Backends: Linux' sysfs PWM, a channel of a PCA9685 (on whatever I2C
// backend), and a model.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "hw/io_status.hpp"

namespace rh::hw {

class Pca9685;

// One channel. Calls block for one transfer. Not thread-safe.
class PwmOutput {
 public:
  virtual ~PwmOutput() = default;
  // High time in each period, from 0 (off) to period(). Rounded to what the hardware resolves. EINVAL beyond.
  virtual IoStatus setHighTime(std::chrono::nanoseconds high) = 0;
  // No pulses: the level stays low.
  virtual IoStatus off() = 0;
  virtual std::chrono::nanoseconds period() const = 0;
  // "/sys/class/pwm/pwmchip0, channel 1", for messages.
  virtual const std::string& name() const = 0;
};

// Exports and enables a channel of a sysfs PWM chip with the given period, high time 0. `chip_path` is its folder, such
// as /sys/class/pwm/pwmchip0. The destructor switches the channel off and unexports it. Throws OpenError.
// Source: Linux Documentation/driver-api/pwm.rst, "Using PWMs with the sysfs interface".
std::unique_ptr<PwmOutput> openSysfsPwm(const std::string& chip_path, unsigned channel,
                                        std::chrono::nanoseconds period);
// The same by way of `write`, which stands in for the kernel's files: it puts a text into the file at a path.
using SysfsWrite = std::function<IoStatus(const std::string& path, const std::string& text)>;
std::unique_ptr<PwmOutput> openSysfsPwm(const std::string& chip_path, unsigned channel, std::chrono::nanoseconds period,
                                        SysfsWrite write);

// A channel (0..15) of a chip that the caller has started and keeps alive. Throws OpenError for another channel.
std::unique_ptr<PwmOutput> pca9685Channel(Pca9685& chip, unsigned channel);

}  // namespace rh::hw
