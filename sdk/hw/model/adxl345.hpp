// The ADXL345 as a register model: it measures what the outside world tells it, at its own rate and resolution, and
// only once it was told to. Source: Analog Devices ADXL345 data sheet, Rev. G, "Register Definitions".
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>

#include "hw/adxl345.hpp"
#include "hw/model/i2c_bus.hpp"
#include "rh/mutex.hpp"

namespace rh::hw::model {

// Thread-safe.
class Adxl345Chip final : public I2cChip {
 public:
  using Now = std::function<std::chrono::nanoseconds()>;  // monotonic
  // What pulls at the chip; asked at each new sample, under the model's mutex: it must not call back.
  using Source = std::function<Acceleration()>;

  explicit Adxl345Chip(Source source, Now now = {});

  int write(const std::uint8_t* data, std::size_t size) override;
  int read(std::uint8_t* data, std::size_t size) override;

  std::uint8_t reg(std::uint8_t number) const;
  // A break in the supply: power-on values, asleep.
  void reset();

 private:
  void powerOn() RH_REQUIRES(mutex_);
  void store(std::uint8_t number, std::uint8_t value) RH_REQUIRES(mutex_);
  void sample() RH_REQUIRES(mutex_);
  std::int64_t periodNs() const RH_REQUIRES(mutex_);

  Source source_;
  Now now_;
  mutable Mutex mutex_;
  std::array<std::uint8_t, 64> registers_ RH_GUARDED_BY(mutex_){};
  std::uint8_t pointer_ RH_GUARDED_BY(mutex_) = 0;
  std::chrono::nanoseconds measuring_since_ RH_GUARDED_BY(mutex_){0};
  std::int64_t samples_ RH_GUARDED_BY(mutex_) = 0;  // taken since then
};

}  // namespace rh::hw::model
