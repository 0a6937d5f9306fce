// The PCA9685: sixteen 12-bit pulse outputs on I2C, of which hobby servos hang. Its frequency can be set only while it
// sleeps, and its outputs are right only after the oscillator has settled; this class keeps that order.
// Source: NXP PCA9685 data sheet, Rev. 4, sections 7.3 (registers), 7.3.1.1 (restart), 7.3.5 (prescaler).
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>

#include "hw/i2c.hpp"

namespace rh::hw {

namespace pca9685 {
constexpr std::uint8_t kMode1 = 0x00;
constexpr std::uint8_t kMode2 = 0x01;
constexpr std::uint8_t kLed0OnLow = 0x06;  // four registers a channel: ON low, ON high, OFF low, OFF high
constexpr std::uint8_t kAllLedOnLow = 0xFA;
constexpr std::uint8_t kAllLedOffHigh = 0xFD;
constexpr std::uint8_t kPrescale = 0xFE;  // writable only while SLEEP is set

constexpr std::uint8_t kMode1Restart = 0x80;
constexpr std::uint8_t kMode1AutoIncrement = 0x20;
constexpr std::uint8_t kMode1Sleep = 0x10;
constexpr std::uint8_t kMode1AllCall = 0x01;
constexpr std::uint8_t kMode2TotemPole = 0x04;
constexpr std::uint8_t kFullOff = 0x10;  // in an OFF high register: the output is low whatever the counts say

constexpr unsigned kChannels = 16;
constexpr unsigned kCounts = 4096;  // of one period
constexpr double kOscillatorHz = 25e6;
constexpr std::chrono::microseconds kOscillatorStart{500};

// round(25 MHz / (4096 * frequency)) - 1: 121 at 50 Hz. The chip takes 3..255, that is 24..1526 Hz.
int prescaleFor(double frequency_hz);
}  // namespace pca9685

// Not thread-safe. Each call is one or a few transfers on the bus.
class Pca9685 {
 public:
  using Sleep = std::function<void(std::chrono::microseconds)>;

  // Takes the chip's bus. `sleep` waits for the oscillator; tests inject their own.
  explicit Pca9685(std::unique_ptr<I2cDevice> bus, Sleep sleep = {});

  // All outputs full-off, asleep, prescaler, awake, 500 us, auto-increment. Afterwards no channel gives pulses.
  // EINVAL for a frequency that the chip cannot make; EIO when the prescaler does not read back.
  IoStatus start(double frequency_hz);
  // EAGAIN: the chip was reset since start(), by a dip of its supply say. It takes writes then, and gives no pulses: it
  // must be started again.
  IoStatus stillRuns();
  // One channel's pulse: ON = 0, OFF = counts (1..4095), in one transfer, so that no half-written pulse goes out. As
  // stillRuns() where that fails; nothing was written then.
  IoStatus setCounts(unsigned channel, unsigned counts);
  // Two channels; one transfer when they are neighbours in this order, else two, stopping at the first failure.
  IoStatus setCounts(unsigned first, unsigned first_counts, unsigned second, unsigned second_counts);
  // Low level on one channel or all of them, by the full-off bit.
  IoStatus off(unsigned channel);
  IoStatus allOff();

  double frequencyHz() const { return frequency_hz_; }
  const std::string& name() const { return bus_->name(); }

 private:
  std::unique_ptr<I2cDevice> bus_;
  Sleep sleep_;
  double frequency_hz_ = 0;
};

}  // namespace rh::hw
