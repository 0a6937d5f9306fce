#include "hw/model/pca9685.hpp"

#include <cerrno>

#include "hw/pca9685.hpp"

namespace rh::hw::model {

using namespace pca9685;

namespace {
constexpr std::uint8_t kFullOn = 0x10;  // in an ON high register
bool isLed(unsigned number) {
  return number >= kLed0OnLow && number < kLed0OnLow + 4 * kChannels;
}
}  // namespace

Pca9685Chip::Pca9685Chip(Observer observer, Now now) : observer_(std::move(observer)), now_(std::move(now)) {
  if (!now_) now_ = [] { return std::chrono::steady_clock::now().time_since_epoch(); };
  const Lock lock(mutex_);
  powerOn();
}

void Pca9685Chip::powerOn() {
  // Power-on values, data sheet table 5 and following: asleep, totem pole, 200 Hz, every output full-off.
  registers_.fill(0);
  pointer_ = 0;
  registers_[kMode1] = kMode1Sleep | kMode1AllCall;
  registers_[kMode2] = kMode2TotemPole;
  registers_[kPrescale] = 0x1E;
  for (unsigned channel = 0; channel < kChannels; ++channel) registers_[kLed0OnLow + 4 * channel + 3] = kFullOff;
}

void Pca9685Chip::brownOut() {
  const Lock lock(mutex_);
  powerOn();
  notify();
}

int Pca9685Chip::write(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Lock lock(mutex_);
  pointer_ = data[0];
  for (std::size_t i = 1; i < size; ++i) {
    store(pointer_, data[i]);
    if ((registers_[kMode1] & kMode1AutoIncrement) != 0) ++pointer_;
  }
  // Outputs change on STOP (MODE2.OCH = 0), so the observer sees whole pulses only.
  notify();
  return 0;
}

int Pca9685Chip::read(std::uint8_t* data, std::size_t size) {
  const Lock lock(mutex_);
  for (std::size_t i = 0; i < size; ++i) {
    const bool write_only = pointer_ >= kAllLedOnLow && pointer_ <= kAllLedOffHigh;  // ALL_LED reads as zero
    data[i] = write_only ? 0 : registers_[pointer_];
    if ((registers_[kMode1] & kMode1AutoIncrement) != 0) ++pointer_;
  }
  return 0;
}

void Pca9685Chip::store(std::uint8_t number, std::uint8_t value) {
  if (number == kPrescale) {
    if ((registers_[kMode1] & kMode1Sleep) != 0) registers_[kPrescale] = value < 3 ? 3 : value;
    return;
  }
  if (number >= kAllLedOnLow && number <= kAllLedOffHigh) {
    for (unsigned channel = 0; channel < kChannels; ++channel) {
      registers_[kLed0OnLow + 4 * channel + (number - kAllLedOnLow)] = value;
    }
    return;
  }
  if (number == kMode1) {
    const bool wakes = (registers_[kMode1] & kMode1Sleep) != 0 && (value & kMode1Sleep) == 0;
    if (wakes) awake_since_ = now_();
    value &= static_cast<std::uint8_t>(~kMode1Restart);  // writing 1 clears it; no restart is modelled beyond that
  }
  if (isLed(number) && (registers_[kMode1] & kMode1Sleep) == 0 && now_() - awake_since_ < kOscillatorStart) {
    ++early_writes_;
  }
  registers_[number] = value;
}

unsigned Pca9685Chip::pinCounts(unsigned channel) const {
  const std::uint8_t* four = &registers_[kLed0OnLow + 4 * channel];
  if ((registers_[kMode1] & kMode1Sleep) != 0 || (four[3] & kFullOff) != 0) return 0;
  if ((four[1] & kFullOn) != 0) return kCounts;
  const unsigned on = four[0] | (four[1] & 0x0Fu) << 8;
  const unsigned off = four[2] | (four[3] & 0x0Fu) << 8;
  return (off - on) % kCounts;
}

void Pca9685Chip::notify() {
  for (unsigned channel = 0; channel < kChannels; ++channel) {
    const unsigned counts = pinCounts(channel);
    if (counts == shown_[channel]) continue;
    shown_[channel] = counts;
    if (observer_) observer_(channel, counts, now_());
  }
}

unsigned Pca9685Chip::counts(unsigned channel) const {
  const Lock lock(mutex_);
  return pinCounts(channel);
}

std::uint8_t Pca9685Chip::reg(std::uint8_t number) const {
  const Lock lock(mutex_);
  return registers_[number];
}

double Pca9685Chip::frequencyHz() const {
  const Lock lock(mutex_);
  return kOscillatorHz / (kCounts * (registers_[kPrescale] + 1.0));
}

unsigned Pca9685Chip::earlyWrites() const {
  const Lock lock(mutex_);
  return early_writes_;
}

}  // namespace rh::hw::model
