// The PCA9685 as a register model: what its pins would give, and what it ignores (a prescaler written while awake,
// everything before the oscillator runs). Source: NXP PCA9685 data sheet, Rev. 4, section 7.3.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

#include "hw/model/i2c_bus.hpp"
#include "rh/mutex.hpp"

namespace rh::hw::model {

// Thread-safe.
class Pca9685Chip final : public I2cChip {
 public:
  using Now = std::function<std::chrono::nanoseconds()>;  // monotonic
  // Called with a channel's new pulse width in counts (0: no pulses) at each change, under the model's mutex: it must
  // not call back. `at` is when.
  using Observer = std::function<void(unsigned channel, unsigned counts, std::chrono::nanoseconds at)>;

  explicit Pca9685Chip(Observer observer = {}, Now now = {});

  int write(const std::uint8_t* data, std::size_t size) override;
  int read(std::uint8_t* data, std::size_t size) override;

  // Its supply dips: every register is as at power-on, and no pin gives a pulse.
  void brownOut();

  // The pulse width on a channel's pin now: 0..4096 counts; 0 while asleep or full-off.
  unsigned counts(unsigned channel) const;
  std::uint8_t reg(std::uint8_t number) const;
  double frequencyHz() const;
  // How often outputs were given while the oscillator was not yet stable (a driver's mistake).
  unsigned earlyWrites() const;

 private:
  void powerOn() RH_REQUIRES(mutex_);
  void store(std::uint8_t number, std::uint8_t value) RH_REQUIRES(mutex_);
  unsigned pinCounts(unsigned channel) const RH_REQUIRES(mutex_);
  void notify() RH_REQUIRES(mutex_);

  Observer observer_;
  Now now_;
  mutable Mutex mutex_;
  std::array<std::uint8_t, 256> registers_ RH_GUARDED_BY(mutex_){};
  std::array<unsigned, 16> shown_ RH_GUARDED_BY(mutex_){};
  std::uint8_t pointer_ RH_GUARDED_BY(mutex_) = 0;
  std::chrono::nanoseconds awake_since_ RH_GUARDED_BY(mutex_){0};
  unsigned early_writes_ RH_GUARDED_BY(mutex_) = 0;
};

}  // namespace rh::hw::model
