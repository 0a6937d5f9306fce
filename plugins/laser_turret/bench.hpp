// Where a turret's hardware comes from: a real board, or the lab. The driver above is the same for both.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "hw/gpio.hpp"
#include "hw/i2c.hpp"
#include "laser_turret/calibration.hpp"
#include "laser_turret/settings.hpp"

namespace laser_turret {

// Outlives what it hands out. [device-serial]
class Bench {
 public:
  // Takes one JPEG, taken at t_ns (CLOCK_MONOTONIC). Any thread.
  using PictureSink = std::function<void(const std::uint8_t* jpeg, std::size_t size, std::int64_t t_ns)>;

  virtual ~Bench() = default;
  // The laser's line, driven low from the first moment. Throws rh::hw::OpenError.
  virtual std::unique_ptr<rh::hw::GpioOutput> requestLaser() = 0;
  // The PCA9685 that the servos hang on. Throws rh::hw::OpenError.
  virtual std::unique_ptr<rh::hw::I2cDevice> openServos() = 0;

  // The lab comes with its measured points; a real turret must be calibrated by somebody who sees it.
  virtual std::optional<Pairs> measuredPairs() const { return std::nullopt; }
  // Pictures go to `sink` while somebody watches. A real turret's camera is the agent's business.
  virtual void watch(bool on, PictureSink sink) { (void)on, (void)sink; }
  // Ends and joins what runs on its own.
  virtual void quiesce() {}
};

std::unique_ptr<Bench> linuxBench(const Settings& settings);
// The one that the settings ask for. Throws rh::hw::OpenError (the lab's edges file).
std::unique_ptr<Bench> benchFor(const Settings& settings);

}  // namespace laser_turret
