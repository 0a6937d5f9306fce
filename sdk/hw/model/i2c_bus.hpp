// An I2C bus in memory: chips are objects that answer register traffic as their data sheets say. Drivers on it run
// unchanged, and tests take a wire off by failing transfers.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hw/i2c.hpp"
#include "rh/mutex.hpp"

namespace rh::hw::model {

// A chip's side of the bus. Calls come from one thread at a time (the bus serialises them).
class I2cChip {
 public:
  virtual ~I2cChip() = default;
  // One write transfer, without the address byte. Returns an errno value (EREMOTEIO: not acknowledged) or 0.
  virtual int write(const std::uint8_t* data, std::size_t size) = 0;
  // One read transfer.
  virtual int read(std::uint8_t* data, std::size_t size) = 0;
};

// Thread-safe. Must outlive the devices that it hands out.
class I2cBus {
 public:
  explicit I2cBus(std::string name) : name_(std::move(name)) {}
  // Puts a chip at an address; the bus does not own it.
  void attach(std::uint16_t address, I2cChip& chip);
  // From now on each transfer fails with `error` (an errno value); 0 heals the bus. `after`: that many succeed first.
  void fail(int error, int after = 0);
  // As openLinuxI2c. An address without a chip answers ENXIO at the first transfer, as i2c-dev does.
  std::unique_ptr<I2cDevice> open(std::uint16_t address);

 private:
  friend class BusDevice;
  int transfer(std::uint16_t address, const std::uint8_t* out, std::size_t out_size, std::uint8_t* in,
               std::size_t in_size);

  const std::string name_;
  Mutex mutex_;
  std::map<std::uint16_t, I2cChip*> chips_ RH_GUARDED_BY(mutex_);
  int error_ RH_GUARDED_BY(mutex_) = 0;
  int error_after_ RH_GUARDED_BY(mutex_) = 0;
};

}  // namespace rh::hw::model
