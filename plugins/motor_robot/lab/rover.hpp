// The simulated rover: it goes where its two motors push it, leans as the ground does, and bumps into what is in the
// way. Time is that of the caller, in fixed steps, and chance comes from a seed, so the same orders at the same times
// make the same drive.
#pragma once
#include <cstdint>
#include <mutex>

#include "hw/adxl345.hpp"
#include "hw/bmp180.hpp"

namespace motor_robot {

// Where it stands and how, at one moment. Metres and radians; heading 0 looks along +z, and grows to the right.
struct RoverPose {
  float x = 0, y = 0, z = 0;
  float heading = 0;
  float pitch = 0;  // nose up
  float roll = 0;   // right side down
};

// [any-thread]. now_ns is monotonic; earlier times than one that was given already count as that one.
class Rover {
 public:
  explicit Rover(std::uint64_t seed);

  // What the motors get from now on, -1..1 each, positive forwards.
  void drive(std::int64_t now_ns, float left, float right);
  RoverPose pose(std::int64_t now_ns);
  // What an ADXL345 on it feels, whose x arrow points to the rear and y to the right.
  rh::hw::Acceleration acceleration(std::int64_t now_ns);
  // The air around it; the weather changes within the hour.
  rh::hw::Climate climate(std::int64_t now_ns);

 private:
  void advance(std::int64_t now_ns);
  void step();
  void collide();
  void settle();
  float chance();  // about normal, deviation 1

  mutable std::mutex mutex_;  // guards all below
  std::uint64_t random_;
  std::int64_t begun_ns_ = 0;  // 0: no time was given yet
  std::int64_t t_ns_ = 0;
  RoverPose pose_;
  float left_ = 0, right_ = 0;               // orders
  float left_m_s_ = 0, right_m_s_ = 0;       // wheels
  float forward_m_s2_ = 0, turn_rad_s_ = 0;  // of the last step
  float jolt_g_ = 0;                         // what is left of the last bump
};

}  // namespace motor_robot
