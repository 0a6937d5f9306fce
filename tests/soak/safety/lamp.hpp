// An output that can hurt, seen from outside the driver that switches it: what the trials judge. Not thread-safe.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

struct TestOutputs;

namespace soak {

class Lamp {
 public:
  explicit Lamp(std::chrono::milliseconds deadman) : deadman_(deadman) {}
  virtual ~Lamp() = default;

  virtual bool on() = 0;
  // How often it has gone on since it was made; each counts, however short it was.
  virtual int timesOn() = 0;
  // When it last went off (CLOCK_MONOTONIC).
  virtual std::int64_t offNs() = 0;
  // Waits until it is off; false when it is still on after `patience`.
  virtual bool goesOff(std::chrono::milliseconds patience) = 0;
  // The driver's process; 0 where that is not known. From now on its death is seen when it happens.
  virtual pid_t watchOwner() { return 0; }
  // Edges that came too fast to be read: what they were is not known.
  virtual std::uint64_t missed() { return 0; }

  std::chrono::milliseconds deadman() const { return deadman_; }

 private:
  std::chrono::milliseconds deadman_;
};

// The laser of a turret's register model: its record of edges. Waits for the file; throws when none comes.
std::unique_ptr<Lamp> makeLaser(const std::string& edges_file);
// The output of the test plugin that hangs.
std::unique_ptr<Lamp> makeTestLamp(TestOutputs& outputs);

}  // namespace soak
