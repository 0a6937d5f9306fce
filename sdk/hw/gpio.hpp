// Single pins. A driver that switches something dangerous must know what a pin does before the first write (it is
// requested with its level, so there is no glitch), and what becomes of it when the driver dies.
//
// When the process that holds a line of a GPIO character device ends, however it ends, the kernel releases the line.
// Mainline kernels then return the pin to input, so that a pull-down switches the load off. Raspberry Pi's kernels keep
// the pin DRIVEN unless `dtparam=strict_gpiod` stands in config.txt (raspberrypi/linux, pull request 6117): set it, and
// fit the pull-down. The chip's own one is asked for besides; it is weak (50 kOhm), and missing until the first
// request.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "hw/io_status.hpp"

namespace rh::hw {

// One output line. set() may be called from any thread, also while another call is running; each is one bounded call of
// the kernel, and the last one decides the level.
class GpioOutput {
 public:
  virtual ~GpioOutput() = default;
  virtual IoStatus set(bool high) = 0;
  // "/dev/gpiochip0, line 23", for messages.
  virtual const std::string& name() const = 0;
};

enum class Edge { none, rising, falling, both };

// One input line. Not thread-safe.
class GpioInput {
 public:
  virtual ~GpioInput() = default;
  virtual IoStatus get(bool& high) = 0;
  // Waits at most `timeout` for an edge that was asked for; `seen` says whether there was one. Edges are queued.
  virtual IoStatus waitEdge(std::chrono::milliseconds timeout, bool& seen) = 0;
  virtual const std::string& name() const = 0;
};

struct GpioInputOptions {
  Edge edge = Edge::none;
  bool pull_down = false;
  bool pull_up = false;
  std::chrono::microseconds debounce{0};  // 0: none
};

// Requests a line of a GPIO character device (uAPI v2, Linux 5.10 and later: <linux/gpio.h>) as an output that drives
// `high` from the first moment; one that begins low has the chip's pull-down, where there is one, so that it stays low
// when it is released. `consumer` is shown by gpioinfo (up to 31 characters). Throws OpenError: no such chip,
// no such line, busy.
std::unique_ptr<GpioOutput> requestLinuxGpioOutput(const std::string& chip, std::uint32_t line, bool high,
                                                   const std::string& consumer);
// The same for an input. Throws OpenError.
std::unique_ptr<GpioInput> requestLinuxGpioInput(const std::string& chip, std::uint32_t line,
                                                 const GpioInputOptions& options, const std::string& consumer);

}  // namespace rh::hw
