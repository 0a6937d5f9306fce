// The BMP180 and its forerunner BMP085: air pressure and temperature on I2C. The chip gives raw numbers; each one is
// compensated by eleven words that were burnt into it at the factory.
// Source: Bosch BMP180 data sheet BST-BMP180-DS000-09, sections 3.3 to 3.5, with the worked example of figure 4; the
// BMP085's (BST-BMP085-DS000-05) is the same arithmetic.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "hw/i2c.hpp"

namespace rh::hw {

namespace bmp180 {
constexpr std::uint16_t kAddress = 0x77;
constexpr std::uint8_t kCalibration = 0xAA;  // eleven words, high byte first
constexpr std::uint8_t kChipId = 0xD0;
constexpr std::uint8_t kSoftReset = 0xE0;
constexpr std::uint8_t kControl = 0xF4;
constexpr std::uint8_t kResult = 0xF6;  // three bytes

constexpr std::uint8_t kChipIdValue = 0x55;
constexpr std::uint8_t kConvertTemperature = 0x2E;
constexpr std::uint8_t kConvertPressure = 0x34;  // | oversampling << 6
constexpr std::uint8_t kConverting = 0x20;       // in the control register, while a conversion runs (BMP180)

// Section 3.3.1: the longest that a conversion takes.
std::chrono::microseconds conversionTime(std::uint8_t control);
}  // namespace bmp180

// The factory's words, named as in the data sheet.
struct Bmp180Calibration {
  std::int16_t ac1 = 0, ac2 = 0, ac3 = 0;
  std::uint16_t ac4 = 0, ac5 = 0, ac6 = 0;
  std::int16_t b1 = 0, b2 = 0, mb = 0, mc = 0, md = 0;
};

struct Climate {
  double temperature_cel = 0;  // in steps of 0.1
  double pressure_pa = 0;      // in steps of 1
};

// Section 3.5. `ut` is the raw temperature, `up` the raw pressure, shifted as section 3.5 says for `oversampling`.
Climate compensate(const Bmp180Calibration& calibration, std::int32_t ut, std::int32_t up, unsigned oversampling);

// Not thread-safe. Each call is one or a few transfers on the bus, measure() also waits for two conversions.
class Bmp180 {
 public:
  using Sleep = std::function<void(std::chrono::microseconds)>;

  // `oversampling` is 0..3 (the data sheet's modes: ultra low power, standard, high, ultra high resolution). `sleep`
  // waits for conversions; tests inject their own.
  Bmp180(std::unique_ptr<I2cDevice> bus, unsigned oversampling, Sleep sleep = {});

  // Checks the chip's id and takes the calibration. ENODEV: another chip; EIO: its calibration cannot be true.
  IoStatus start();
  // One temperature and one pressure: 9 ms (oversampling 0) to 30 ms (3). Only after start().
  IoStatus measure(Climate& climate);

  const Bmp180Calibration& calibration() const { return calibration_; }
  const std::string& name() const { return bus_->name(); }

 private:
  IoStatus convert(std::uint8_t control, std::uint8_t* bytes, std::size_t size);

  std::unique_ptr<I2cDevice> bus_;
  const unsigned oversampling_;
  Sleep sleep_;
  Bmp180Calibration calibration_;
};

}  // namespace rh::hw
