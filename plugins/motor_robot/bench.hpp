// Where a robot's hardware comes from: a real board, or the lab. The driver above is the same for both.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "hw/i2c.hpp"
#include "motor_robot/h_bridge.hpp"
#include "motor_robot/settings.hpp"

namespace motor_robot {

// Outlives what it hands out. Each of its parts is requested at most once at a time. [device-serial] but for the two
// chips, which the sensors' own thread opens.
class Bench {
 public:
  // Takes one JPEG, taken at t_ns (CLOCK_MONOTONIC). Any thread.
  using PictureSink = std::function<void(const std::uint8_t* jpeg, std::size_t size, std::int64_t t_ns)>;

  // Takes a chunk of 16-bit little-endian samples at the declared rate, the last one heard at t_ns. Any thread.
  using SoundSink = std::function<void(const std::uint8_t* pcm, std::size_t size, std::int64_t t_ns)>;

  virtual ~Bench() = default;
  // The enable pin of motor 1 (index 0) or 2, without pulses from the first moment, whatever an earlier driver has left
  // there. Throws rh::hw::OpenError.
  virtual std::unique_ptr<rh::hw::PwmOutput> requestEnable(std::size_t index) = 0;
  // Its direction lines, low from the first moment. Throws rh::hw::OpenError.
  virtual DirectionLines requestDirection(std::size_t index) = 0;
  virtual std::unique_ptr<rh::hw::GpioOutput> requestLed() = 0;
  virtual std::unique_ptr<rh::hw::GpioOutput> requestBuzzer() = 0;
  // The bus of a chip; whether the chip answers is known at the first transfer. Throws rh::hw::OpenError.
  virtual std::unique_ptr<rh::hw::I2cDevice> openAccelerometer() = 0;
  virtual std::unique_ptr<rh::hw::I2cDevice> openBarometer() = 0;

  // Pictures go to `sink` while somebody watches. A real robot's camera is the agent's business.
  virtual void watch(bool on, PictureSink sink) { (void)on, (void)sink; }
  // The same of sound.
  virtual void listen(bool on, SoundSink sink) { (void)on, (void)sink; }
  // Ends and joins what runs on its own.
  virtual void quiesce() {}
};

std::unique_ptr<Bench> linuxBench(const Settings& settings);
// The one that the settings ask for. Throws rh::hw::OpenError (the lab's edges file).
std::unique_ptr<Bench> benchFor(const Settings& settings);

}  // namespace motor_robot
