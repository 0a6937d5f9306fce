#include "hw/model/adxl345.hpp"

#include <algorithm>
#include <cmath>

namespace rh::hw::model {

using namespace adxl345;

Adxl345Chip::Adxl345Chip(Source source, Now now) : source_(std::move(source)), now_(std::move(now)) {
  if (!now_) now_ = [] { return std::chrono::steady_clock::now().time_since_epoch(); };
  powerOn();
}

void Adxl345Chip::powerOn() {
  registers_.fill(0);
  registers_[kDeviceId] = kDeviceIdValue;
  registers_[kRate] = kRate100Hz;
  registers_[kIntSource] = 0x02;  // watermark, as table 19 has it
  samples_ = 0;
}

void Adxl345Chip::reset() {
  const Lock lock(mutex_);
  powerOn();
}

int Adxl345Chip::write(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Lock lock(mutex_);
  pointer_ = data[0] & 0x3F;
  for (std::size_t i = 1; i < size; ++i) {
    store(pointer_, data[i]);
    pointer_ = (pointer_ + 1) & 0x3F;
  }
  return 0;
}

int Adxl345Chip::read(std::uint8_t* data, std::size_t size) {
  const Lock lock(mutex_);
  sample();
  for (std::size_t i = 0; i < size; ++i) {
    data[i] = registers_[pointer_];
    if (pointer_ >= kData && pointer_ < kData + 6) registers_[kIntSource] &= static_cast<std::uint8_t>(~kDataReady);
    pointer_ = (pointer_ + 1) & 0x3F;
  }
  return 0;
}

void Adxl345Chip::store(std::uint8_t number, std::uint8_t value) {
  const bool data = number >= kData && number < kData + 6;
  if (number == kDeviceId || number == kIntSource || data || (number > 0x00 && number < 0x1D)) return;  // read only
  if (number == kPower && (value & kPowerMeasure) != 0 && (registers_[kPower] & kPowerMeasure) == 0) {
    measuring_since_ = now_();
    samples_ = 0;
  }
  registers_[number] = value;
}

std::int64_t Adxl345Chip::periodNs() const {
  // Table 7: code 15 is 3200 Hz, and each step down halves the rate.
  const int rate = registers_[kRate] & 0x0F;
  return std::int64_t{312'500} << (15 - rate);
}

void Adxl345Chip::sample() {
  if ((registers_[kPower] & kPowerMeasure) == 0) return;
  const std::int64_t due = (now_() - measuring_since_).count() / periodNs();
  if (due <= samples_) return;
  samples_ = due;
  const Acceleration pull = source_();
  const int range = registers_[kFormat] & 0x03;  // 2, 4, 8, 16 g
  const bool full = (registers_[kFormat] & kFormatFullResolution) != 0;
  const double per_g = full ? kCountsPerG : kCountsPerG / (1 << range);
  const double most = full ? 512 * (1 << range) : 512;
  const double axes[3] = {pull.x_g, pull.y_g, pull.z_g};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto counts = static_cast<int>(std::lround(std::clamp(axes[i] * per_g, -most, most - 1)));
    registers_[kData + 2 * i] = static_cast<std::uint8_t>(counts & 0xFF);
    registers_[kData + 2 * i + 1] = static_cast<std::uint8_t>(counts >> 8 & 0xFF);
  }
  registers_[kIntSource] |= kDataReady;
}

std::uint8_t Adxl345Chip::reg(std::uint8_t number) const {
  const Lock lock(mutex_);
  return registers_[number & 0x3F];
}

}  // namespace rh::hw::model
