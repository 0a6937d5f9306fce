#include "laser_turret/standing.hpp"

#include "hw/pca9685.hpp"

namespace laser_turret {
namespace {

using namespace rh::hw::pca9685;

// One register a transfer: whether the chip counts on by itself is not known yet.
class Registers {
 public:
  Registers(rh::hw::I2cDevice& bus, rh::hw::IoStatus& status) : bus_(bus), status_(status) {}
  // 0 once a transfer has failed.
  std::uint8_t operator[](unsigned number) {
    std::uint8_t value = 0;
    if (status_.ok()) status_ = bus_.readRegister(static_cast<std::uint8_t>(number), value);
    return status_.ok() ? value : std::uint8_t{0};
  }
  // 0: not a plain pulse that begins with the period.
  int pulse(unsigned channel) {
    const unsigned first = kLed0OnLow + 4 * channel;
    const int on = (*this)[first] | (*this)[first + 1] << 8;
    const int off = (*this)[first + 2] | (*this)[first + 3] << 8;
    return on == 0 && off < static_cast<int>(kCounts) ? off : 0;
  }

 private:
  rh::hw::I2cDevice& bus_;
  rh::hw::IoStatus& status_;
};

}  // namespace

std::optional<Counts> standingCounts(rh::hw::I2cDevice& bus, const Settings& settings, rh::hw::IoStatus& status) {
  status = {};
  Registers chip(bus, status);
  if ((chip[kMode1] & kMode1Sleep) != 0 || chip[kMode2] != kMode2TotemPole) return std::nullopt;
  if (chip[kPrescale] != prescaleFor(settings.frequency_hz)) return std::nullopt;
  const Counts counts{chip.pulse(settings.x_channel), chip.pulse(settings.y_channel)};
  if (!status.ok() || !settings.servo.allows(counts.x) || !settings.servo.allows(counts.y)) return std::nullopt;
  return counts;
}

}  // namespace laser_turret
