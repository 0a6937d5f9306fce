#include "hw/model/i2c_bus.hpp"

#include <cerrno>
#include <cstdio>

namespace rh::hw::model {

class BusDevice final : public I2cDevice {
 public:
  BusDevice(I2cBus& bus, std::uint16_t address) : bus_(bus), address_(address) {
    char suffix[32];
    std::snprintf(suffix, sizeof suffix, ", address 0x%02x", static_cast<unsigned>(address));
    name_ = bus.name_ + suffix;
  }
  IoStatus write(const std::uint8_t* data, std::size_t size) override {
    return IoStatus(bus_.transfer(address_, data, size, nullptr, 0),
                    name_ + ": writing " + std::to_string(size) + " bytes");
  }
  IoStatus writeRead(const std::uint8_t* out, std::size_t out_size, std::uint8_t* in, std::size_t in_size) override {
    return IoStatus(bus_.transfer(address_, out, out_size, in, in_size),
                    name_ + ": reading " + std::to_string(in_size) + " bytes");
  }
  const std::string& name() const override { return name_; }

 private:
  I2cBus& bus_;
  std::uint16_t address_;
  std::string name_;
};

void I2cBus::attach(std::uint16_t address, I2cChip& chip) {
  const Lock lock(mutex_);
  chips_[address] = &chip;
}

void I2cBus::fail(int error, int after) {
  const Lock lock(mutex_);
  error_ = error;
  error_after_ = after;
}

std::unique_ptr<I2cDevice> I2cBus::open(std::uint16_t address) {
  return std::make_unique<BusDevice>(*this, address);
}

int I2cBus::transfer(std::uint16_t address, const std::uint8_t* out, std::size_t out_size, std::uint8_t* in,
                     std::size_t in_size) {
  const Lock lock(mutex_);
  if (error_ != 0 && error_after_-- <= 0) {
    error_after_ = 0;
    return error_;
  }
  const auto chip = chips_.find(address);
  if (chip == chips_.end()) return ENXIO;
  if (out_size > 0) {
    if (const int error = chip->second->write(out, out_size)) return error;
  }
  return in_size > 0 ? chip->second->read(in, in_size) : 0;
}

}  // namespace rh::hw::model
