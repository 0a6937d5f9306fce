// One chip on an I2C bus. Drivers talk to this interface, so that the same driver code runs on a real bus, on a
// recorded one, and on a register model (model/i2c_bus.hpp).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "hw/io_status.hpp"

namespace rh::hw {

// A chip at one address of one bus. Each call is one transaction, made whole or reported as failed. Calls block until
// the bus has finished. Not thread-safe: one thread at a time.
class I2cDevice {
 public:
  virtual ~I2cDevice() = default;

  // START, address, `size` bytes, STOP. Typically register number first.
  virtual IoStatus write(const std::uint8_t* data, std::size_t size) = 0;
  // Writes, then reads after a repeated START, as register reads do.
  virtual IoStatus writeRead(const std::uint8_t* out, std::size_t out_size, std::uint8_t* in, std::size_t in_size) = 0;
  // "/dev/i2c-1, address 0x40", for messages.
  virtual const std::string& name() const = 0;

  IoStatus writeRegister(std::uint8_t reg, std::uint8_t value);
  IoStatus readRegister(std::uint8_t reg, std::uint8_t& value);
};

// Opens a bus of Linux' i2c-dev (/dev/i2c-N) for a 7-bit address (0x08..0x77). Transfers go by I2C_RDWR, with a time
// limit of 100 ms where the adapter allows setting one. Throws OpenError when the bus cannot be opened; whether a chip
// answers is known at the first transfer only.
// Source: Linux Documentation/i2c/dev-interface.rst.
std::unique_ptr<I2cDevice> openLinuxI2c(const std::string& path, std::uint16_t address);

}  // namespace rh::hw
