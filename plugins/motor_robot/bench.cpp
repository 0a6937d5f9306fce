#include "motor_robot/bench.hpp"

#include "hw/software_pwm.hpp"
#include "motor_robot/lab/lab_bench.hpp"

namespace motor_robot {
namespace {

class LinuxBench final : public Bench {
 public:
  explicit LinuxBench(const Settings& settings) : settings_(settings) {}

  std::unique_ptr<rh::hw::PwmOutput> requestEnable(std::size_t index) override {
    const std::chrono::nanoseconds period(1'000'000'000 / settings_.pwm_hz);
    if (!settings_.pwm_chip.empty())
      return rh::hw::openSysfsPwm(settings_.pwm_chip, settings_.pwm_channels[index], period);
    return std::make_unique<rh::hw::SoftwarePwm>(line(settings_.motors[index].enable, "robohub motor enable"), period);
  }
  DirectionLines requestDirection(std::size_t index) override {
    const MotorLines& lines = settings_.motors[index];
    return {line(lines.in1, "robohub motor"), line(lines.in2, "robohub motor")};
  }
  std::unique_ptr<rh::hw::GpioOutput> requestLed() override { return line(settings_.led_line, "robohub led"); }
  std::unique_ptr<rh::hw::GpioOutput> requestBuzzer() override { return line(settings_.buzzer_line, "robohub buzzer"); }
  std::unique_ptr<rh::hw::I2cDevice> openAccelerometer() override {
    return rh::hw::openLinuxI2c(settings_.i2c, settings_.accelerometer_address);
  }
  std::unique_ptr<rh::hw::I2cDevice> openBarometer() override {
    return rh::hw::openLinuxI2c(settings_.i2c, settings_.barometer_address);
  }

 private:
  std::unique_ptr<rh::hw::GpioOutput> line(std::uint32_t number, const char* consumer) const {
    return rh::hw::requestLinuxGpioOutput(settings_.gpio_chip, number, false, consumer);
  }

  const Settings settings_;
};

}  // namespace

std::unique_ptr<Bench> linuxBench(const Settings& settings) {
  return std::make_unique<LinuxBench>(settings);
}

std::unique_ptr<Bench> benchFor(const Settings& settings) {
  if (settings.model) return std::make_unique<LabBench>(settings);
  return linuxBench(settings);
}

}  // namespace motor_robot
