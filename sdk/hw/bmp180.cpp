#include "hw/bmp180.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

namespace rh::hw {

using namespace bmp180;

std::chrono::microseconds bmp180::conversionTime(std::uint8_t control) {
  if ((control & 0x3F) != kConvertPressure) return std::chrono::microseconds(4500);
  constexpr std::array<int, 4> pressure_us{4500, 7500, 13500, 25500};
  return std::chrono::microseconds(pressure_us[control >> 6]);
}

Climate compensate(const Bmp180Calibration& c, std::int32_t ut, std::int32_t up, unsigned oversampling) {
  // 64 bits throughout: what the data sheet computes in 32 must not overflow on a damaged chip's words either.
  using Wide = std::int64_t;
  const Wide t1 = (Wide{ut} - c.ac6) * c.ac5 >> 15;
  const Wide t2 = t1 + c.md == 0 ? 0 : Wide{c.mc} * 2048 / (t1 + c.md);
  const Wide b5 = t1 + t2;

  const Wide b6 = b5 - 4000;
  const Wide square = b6 * b6 >> 12;
  const Wide x3 = (c.b2 * square >> 11) + (c.ac2 * b6 >> 11);
  const Wide b3 = (((Wide{c.ac1} * 4 + x3) << oversampling) + 2) / 4;
  const Wide y3 = ((c.ac3 * b6 >> 13) + (c.b1 * square >> 16) + 2) >> 2;
  const Wide b4 = c.ac4 * (y3 + 32768) >> 15;
  const Wide b7 = (Wide{up} - b3) * (50000 >> oversampling);
  Wide p = b4 == 0 ? 0 : b7 * 2 / b4;
  const Wide high = p >> 8;
  p += ((high * high * 3038 >> 16) + (-7357 * p >> 16) + 3791) >> 4;
  return {static_cast<double>((b5 + 8) >> 4) / 10, static_cast<double>(p)};
}

Bmp180::Bmp180(std::unique_ptr<I2cDevice> bus, unsigned oversampling, Sleep sleep)
    : bus_(std::move(bus)), oversampling_(std::min(oversampling, 3u)), sleep_(std::move(sleep)) {
  if (!sleep_) sleep_ = [](std::chrono::microseconds time) { std::this_thread::sleep_for(time); };
}

IoStatus Bmp180::start() {
  std::uint8_t id = 0;
  if (auto s = bus_->readRegister(kChipId, id); !s) return s;
  if (id != kChipIdValue) {
    return IoStatus(ENODEV, name() + ": the chip id is " + std::to_string(id) + ", that of a BMP085 or BMP180 is 85");
  }
  std::array<std::uint8_t, 22> bytes{};
  if (auto s = bus_->writeRead(&kCalibration, 1, bytes.data(), bytes.size()); !s) return s;
  const auto word = [&bytes](std::size_t i) {
    return static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  };
  for (std::size_t i = 0; i < 11; ++i) {  // section 3.4: none of them is 0 or 0xFFFF in a good transfer
    if (word(i) == 0 || word(i) == 0xFFFF) return IoStatus(EIO, name() + ": the calibration words cannot be true");
  }
  const auto sign = [&word](std::size_t i) { return static_cast<std::int16_t>(word(i)); };
  calibration_ = {sign(0), sign(1), sign(2), word(3), word(4), word(5), sign(6), sign(7), sign(8), sign(9), sign(10)};
  return {};
}

IoStatus Bmp180::convert(std::uint8_t control, std::uint8_t* bytes, std::size_t size) {
  if (auto s = bus_->writeRegister(kControl, control); !s) return s;
  sleep_(conversionTime(control));
  return bus_->writeRead(&kResult, 1, bytes, size);
}

IoStatus Bmp180::measure(Climate& climate) {
  std::uint8_t t[2] = {}, p[3] = {};
  if (auto s = convert(kConvertTemperature, t, sizeof t); !s) return s;
  if (auto s = convert(static_cast<std::uint8_t>(kConvertPressure | oversampling_ << 6), p, sizeof p); !s) return s;
  climate =
      compensate(calibration_, t[0] << 8 | t[1], (p[0] << 16 | p[1] << 8 | p[2]) >> (8 - oversampling_), oversampling_);
  return {};
}

}  // namespace rh::hw
