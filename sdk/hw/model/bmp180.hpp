// The BMP180 as a register model: the factory words of the data sheet's example, conversions that take their time, and
// raw numbers that come out as the weather it was told. Source: Bosch BST-BMP180-DS000-09, sections 3 and 4.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>

#include "hw/bmp180.hpp"
#include "hw/model/i2c_bus.hpp"
#include "rh/mutex.hpp"

namespace rh::hw::model {

// Section 3.5, figure 4.
constexpr Bmp180Calibration kExampleCalibration{408, -72, -14383, 32741, 32757, 23153, 6190, 4, -32768, -8711, 2868};

// Thread-safe.
class Bmp180Chip final : public I2cChip {
 public:
  using Now = std::function<std::chrono::nanoseconds()>;  // monotonic
  // The air around the chip; asked at the start of each conversion, under the model's mutex: it must not call back.
  using Source = std::function<Climate()>;

  explicit Bmp180Chip(Source source, Now now = {});

  int write(const std::uint8_t* data, std::size_t size) override;
  int read(std::uint8_t* data, std::size_t size) override;

  // From now on a temperature conversion gives `ut` and one of pressure `up`, whatever the air is. Tests.
  void fixRaw(std::int32_t ut, std::int32_t up);
  // Damages the factory words. Tests.
  void eraseCalibration();
  // How often a result was read before its conversion was over (a driver's mistake).
  unsigned earlyReads() const;

 private:
  void begin(std::uint8_t control) RH_REQUIRES(mutex_);
  void settle() RH_REQUIRES(mutex_);
  std::int32_t rawTemperature(double temperature_cel) const;
  std::int32_t rawPressure(double pressure_pa, unsigned oversampling) const RH_REQUIRES(mutex_);

  Source source_;
  Now now_;
  mutable Mutex mutex_;
  std::array<std::uint8_t, 256> registers_ RH_GUARDED_BY(mutex_){};
  std::uint8_t pointer_ RH_GUARDED_BY(mutex_) = 0;
  std::chrono::nanoseconds done_at_ RH_GUARDED_BY(mutex_){0};
  // Of the conversion that runs, as its three registers will show it.
  std::int32_t result_ RH_GUARDED_BY(mutex_) = 0;
  bool converting_ RH_GUARDED_BY(mutex_) = false;
  std::int32_t ut_ RH_GUARDED_BY(mutex_) = 27898;  // the newest raw temperature: the pressure's depends on it
  std::int32_t fixed_ut_ RH_GUARDED_BY(mutex_) = -1, fixed_up_ RH_GUARDED_BY(mutex_) = -1;
  unsigned early_reads_ RH_GUARDED_BY(mutex_) = 0;
};

}  // namespace rh::hw::model
