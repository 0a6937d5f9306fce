#include "hw/pca9685.hpp"

#include <cerrno>
#include <cmath>
#include <thread>

namespace rh::hw {

using namespace pca9685;

int pca9685::prescaleFor(double frequency_hz) {
  return static_cast<int>(std::lround(kOscillatorHz / (kCounts * frequency_hz))) - 1;
}

namespace {

std::uint8_t firstRegister(unsigned channel) {
  return static_cast<std::uint8_t>(kLed0OnLow + 4 * channel);
}

void putPulse(std::uint8_t* four, unsigned counts) {
  four[0] = 0;
  four[1] = 0;
  four[2] = static_cast<std::uint8_t>(counts & 0xFF);
  four[3] = static_cast<std::uint8_t>(counts >> 8);
}

}  // namespace

Pca9685::Pca9685(std::unique_ptr<I2cDevice> bus, Sleep sleep) : bus_(std::move(bus)), sleep_(std::move(sleep)) {
  if (!sleep_) sleep_ = [](std::chrono::microseconds time) { std::this_thread::sleep_for(time); };
}

IoStatus Pca9685::start(double frequency_hz) {
  const int prescale = frequency_hz > 0 ? prescaleFor(frequency_hz) : 0;
  if (prescale < 3 || prescale > 255) {
    return IoStatus(EINVAL, name() + ": the PCA9685 makes 24 to 1526 Hz, not " + std::to_string(frequency_hz));
  }
  // Asleep first: whatever an earlier program left running ends before anything else changes.
  if (auto s = bus_->writeRegister(kMode1, kMode1AutoIncrement | kMode1Sleep); !s) return s;
  if (auto s = allOff(); !s) return s;
  if (auto s = bus_->writeRegister(kMode2, kMode2TotemPole); !s) return s;
  if (auto s = bus_->writeRegister(kPrescale, static_cast<std::uint8_t>(prescale)); !s) return s;
  std::uint8_t back = 0;
  if (auto s = bus_->readRegister(kPrescale, back); !s) return s;
  if (back != prescale) return IoStatus(EIO, name() + ": the prescaler reads back wrong; is this a PCA9685?");
  if (auto s = bus_->writeRegister(kMode1, kMode1AutoIncrement); !s) return s;
  sleep_(kOscillatorStart);
  frequency_hz_ = frequency_hz;
  return {};
}

IoStatus Pca9685::stillRuns() {
  std::uint8_t mode = 0;
  if (auto s = bus_->readRegister(kMode1, mode); !s) return s;
  if ((mode & kMode1Sleep) == 0 && (mode & kMode1AutoIncrement) != 0) return {};
  return IoStatus(EAGAIN, name() + ": the chip was reset and gives no pulses");
}

IoStatus Pca9685::setCounts(unsigned channel, unsigned counts) {
  if (channel >= kChannels || counts == 0 || counts >= kCounts) return IoStatus(EINVAL, name() + ": channel or counts");
  if (auto s = stillRuns(); !s) return s;
  std::uint8_t message[5] = {firstRegister(channel)};
  putPulse(message + 1, counts);
  return bus_->write(message, sizeof message);
}

IoStatus Pca9685::setCounts(unsigned first, unsigned first_counts, unsigned second, unsigned second_counts) {
  if (second != first + 1 || second >= kChannels) {
    if (auto s = setCounts(first, first_counts); !s) return s;
    return setCounts(second, second_counts);
  }
  if (first_counts == 0 || first_counts >= kCounts || second_counts == 0 || second_counts >= kCounts) {
    return IoStatus(EINVAL, name() + ": counts");
  }
  if (auto s = stillRuns(); !s) return s;
  std::uint8_t message[9] = {firstRegister(first)};
  putPulse(message + 1, first_counts);
  putPulse(message + 5, second_counts);
  return bus_->write(message, sizeof message);
}

IoStatus Pca9685::off(unsigned channel) {
  if (channel >= kChannels) return IoStatus(EINVAL, name() + ": channel");
  return bus_->writeRegister(static_cast<std::uint8_t>(firstRegister(channel) + 3), kFullOff);
}

IoStatus Pca9685::allOff() {
  return bus_->writeRegister(kAllLedOffHigh, kFullOff);
}

}  // namespace rh::hw
