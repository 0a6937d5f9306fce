#include "hw/model/bmp180.hpp"

namespace rh::hw::model {

using namespace bmp180;

namespace {

// The smallest raw number whose compensated value reaches `wanted`; the compensation rises with it.
template <class Value>
std::int32_t firstThatReaches(double wanted, std::int32_t limit, Value value) {
  std::int32_t low = 0, high = limit;
  while (low < high) {
    const std::int32_t middle = low + (high - low) / 2;
    if (value(middle) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

Bmp180Chip::Bmp180Chip(Source source, Now now) : source_(std::move(source)), now_(std::move(now)) {
  if (!now_) now_ = [] { return std::chrono::steady_clock::now().time_since_epoch(); };
  const Bmp180Calibration& c = kExampleCalibration;
  const std::uint16_t words[] = {static_cast<std::uint16_t>(c.ac1),
                                 static_cast<std::uint16_t>(c.ac2),
                                 static_cast<std::uint16_t>(c.ac3),
                                 c.ac4,
                                 c.ac5,
                                 c.ac6,
                                 static_cast<std::uint16_t>(c.b1),
                                 static_cast<std::uint16_t>(c.b2),
                                 static_cast<std::uint16_t>(c.mb),
                                 static_cast<std::uint16_t>(c.mc),
                                 static_cast<std::uint16_t>(c.md)};
  std::size_t at = kCalibration;
  for (const std::uint16_t word : words) {
    registers_[at++] = static_cast<std::uint8_t>(word >> 8);
    registers_[at++] = static_cast<std::uint8_t>(word & 0xFF);
  }
  registers_[kChipId] = kChipIdValue;
  registers_[kResult] = 0x80;  // table 4: the state after a reset
}

int Bmp180Chip::write(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Lock lock(mutex_);
  pointer_ = data[0];
  settle();
  // A write is register, value pairs; the address does not count on (section 5.2).
  if (size >= 2 && pointer_ == kControl && !converting_) begin(data[1]);
  return 0;
}

int Bmp180Chip::read(std::uint8_t* data, std::size_t size) {
  const Lock lock(mutex_);
  settle();
  if (converting_ && pointer_ >= kResult && pointer_ < kResult + 3) ++early_reads_;
  for (std::size_t i = 0; i < size; ++i) data[i] = registers_[pointer_++];
  return 0;
}

void Bmp180Chip::begin(std::uint8_t control) {
  const unsigned oversampling = control >> 6;
  const Climate air = source_();
  if (control == kConvertTemperature) {
    ut_ = fixed_ut_ >= 0 ? fixed_ut_ : rawTemperature(air.temperature_cel);
    result_ = ut_ << 8;
  } else if ((control & 0x3F) == kConvertPressure) {
    const std::int32_t up = fixed_up_ >= 0 ? fixed_up_ : rawPressure(air.pressure_pa, oversampling);
    result_ = up << (8 - oversampling);
  } else {
    return;
  }
  registers_[kControl] = static_cast<std::uint8_t>(control | kConverting);
  done_at_ = now_() + conversionTime(control);
  converting_ = true;
}

void Bmp180Chip::settle() {
  if (!converting_ || now_() < done_at_) return;
  converting_ = false;
  registers_[kControl] &= static_cast<std::uint8_t>(~kConverting);
  registers_[kResult] = static_cast<std::uint8_t>(result_ >> 16 & 0xFF);
  registers_[kResult + 1] = static_cast<std::uint8_t>(result_ >> 8 & 0xFF);
  registers_[kResult + 2] = static_cast<std::uint8_t>(result_ & 0xFF);
}

std::int32_t Bmp180Chip::rawTemperature(double temperature_cel) const {
  // From where the curve rises: below it lies the pole of X1 + MD.
  constexpr std::int32_t kFirst = 21000, kLast = 65535;
  return kFirst + firstThatReaches(temperature_cel, kLast - kFirst, [](std::int32_t ut) {
           return compensate(kExampleCalibration, kFirst + ut, 0, 0).temperature_cel;
         });
}

std::int32_t Bmp180Chip::rawPressure(double pressure_pa, unsigned oversampling) const {
  return firstThatReaches(pressure_pa, 0xFFFF << oversampling, [ut = ut_, oversampling](std::int32_t up) {
    return compensate(kExampleCalibration, ut, up, oversampling).pressure_pa;
  });
}

void Bmp180Chip::fixRaw(std::int32_t ut, std::int32_t up) {
  const Lock lock(mutex_);
  fixed_ut_ = ut;
  fixed_up_ = up;
}

void Bmp180Chip::eraseCalibration() {
  const Lock lock(mutex_);
  for (std::size_t i = 0; i < 22; ++i) registers_[kCalibration + i] = 0xFF;
}

unsigned Bmp180Chip::earlyReads() const {
  const Lock lock(mutex_);
  return early_reads_;
}

}  // namespace rh::hw::model
