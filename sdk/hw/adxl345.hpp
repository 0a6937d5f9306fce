// The ADXL345: three axes of acceleration on I2C, from which a machine that stands still learns how it leans.
// Source: Analog Devices ADXL345 data sheet, Rev. G: "Register Map", "Register Definitions", table 1 (scale factor).
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "hw/i2c.hpp"

namespace rh::hw {

namespace adxl345 {
constexpr std::uint16_t kAddress = 0x53;  // ALT ADDRESS low
constexpr std::uint8_t kDeviceId = 0x00;
constexpr std::uint8_t kRate = 0x2C;
constexpr std::uint8_t kPower = 0x2D;
constexpr std::uint8_t kIntSource = 0x30;
constexpr std::uint8_t kFormat = 0x31;
constexpr std::uint8_t kData = 0x32;  // six bytes: x, y, z, low byte first

constexpr std::uint8_t kDeviceIdValue = 0xE5;
constexpr std::uint8_t kRate100Hz = 0x0A;
constexpr std::uint8_t kPowerMeasure = 0x08;
constexpr std::uint8_t kFormatFullResolution = 0x08;
constexpr std::uint8_t kFormatRange16g = 0x03;
constexpr std::uint8_t kDataReady = 0x80;  // in INT_SOURCE
constexpr double kCountsPerG = 256;        // in full resolution, whatever the range
// Table 1, "turn-on time": 1.1 ms and one period of the rate, with room for a rate that is some percent low.
constexpr std::chrono::microseconds kFirstSample{12000};
}  // namespace adxl345

// In multiples of standard gravity, along the arrows on the chip. At rest the axis that points up shows +1.
struct Acceleration {
  double x_g = 0, y_g = 0, z_g = 0;
};

// Degrees. Right for a machine at rest: pushes of its own drive count as leaning.
struct Tilt {
  double pitch_deg = 0;  // atan2(-x, z)
  double roll_deg = 0;   // atan2(-y, z)
};
Tilt tiltOf(const Acceleration& acceleration);

// Not thread-safe. Each call is one or a few transfers on the bus.
class Adxl345 {
 public:
  using Sleep = std::function<void(std::chrono::microseconds)>;

  // `sleep` waits for the first sample; tests inject their own.
  explicit Adxl345(std::unique_ptr<I2cDevice> bus, Sleep sleep = {});

  // Checks the device id, then measures at 100 Hz in full resolution (+-16 g); there is a sample when it returns, 12 ms
  // later. ENODEV: another chip answers.
  IoStatus start();
  // The newest sample, all axes of the same moment. EAGAIN: the chip lost its settings (it had a reset), start again.
  IoStatus read(Acceleration& acceleration);
  const std::string& name() const { return bus_->name(); }

 private:
  std::unique_ptr<I2cDevice> bus_;
  Sleep sleep_;
};

}  // namespace rh::hw
