#include "hw/adxl345.hpp"

#include <cerrno>
#include <cmath>
#include <thread>

namespace rh::hw {

using namespace adxl345;

Tilt tiltOf(const Acceleration& a) {
  constexpr double kDegrees = 180 / 3.14159265358979323846;
  return {std::atan2(-a.x_g, a.z_g) * kDegrees, std::atan2(-a.y_g, a.z_g) * kDegrees};
}

Adxl345::Adxl345(std::unique_ptr<I2cDevice> bus, Sleep sleep) : bus_(std::move(bus)), sleep_(std::move(sleep)) {
  if (!sleep_) sleep_ = [](std::chrono::microseconds time) { std::this_thread::sleep_for(time); };
}

IoStatus Adxl345::start() {
  std::uint8_t id = 0;
  if (auto s = bus_->readRegister(kDeviceId, id); !s) return s;
  if (id != kDeviceIdValue) {
    return IoStatus(ENODEV, name() + ": the device id is " + std::to_string(id) + ", that of an ADXL345 is 229");
  }
  // Asleep while its settings change, as the data sheet asks.
  if (auto s = bus_->writeRegister(kPower, 0); !s) return s;
  if (auto s = bus_->writeRegister(kRate, kRate100Hz); !s) return s;
  if (auto s = bus_->writeRegister(kFormat, kFormatFullResolution | kFormatRange16g); !s) return s;
  if (auto s = bus_->writeRegister(kPower, kPowerMeasure); !s) return s;
  sleep_(kFirstSample);
  return {};
}

IoStatus Adxl345::read(Acceleration& acceleration) {
  // A loose supply wire resets the chip, which then stands by and shows its last or no values: ask first.
  std::uint8_t power = 0;
  if (auto s = bus_->readRegister(kPower, power); !s) return s;
  if ((power & kPowerMeasure) == 0) return IoStatus(EAGAIN, name() + ": the chip had a reset");
  std::uint8_t bytes[6] = {};
  if (auto s = bus_->writeRead(&kData, 1, bytes, sizeof bytes); !s) return s;
  const auto axis = [&bytes](int i) {
    return static_cast<std::int16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8) / kCountsPerG;
  };
  acceleration = {axis(0), axis(1), axis(2)};
  return {};
}

}  // namespace rh::hw
