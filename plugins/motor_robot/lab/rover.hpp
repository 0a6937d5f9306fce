// The simulated rover: it goes where its two motors push it, leans as the ground does, and bumps into what is in the
// way. Time is that of the caller, in fixed steps, and chance comes from a seed, so the same orders at the same times
// make the same drive.
#pragma once
#include <cstdint>

#include "hw/adxl345.hpp"
#include "hw/bmp180.hpp"
#include "rh/mutex.hpp"

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
  void advance(std::int64_t now_ns) RH_REQUIRES(mutex_);
  void step() RH_REQUIRES(mutex_);
  void collide() RH_REQUIRES(mutex_);
  void settle() RH_REQUIRES(mutex_);
  float chance() RH_REQUIRES(mutex_);  // about normal, deviation 1

  rh::Mutex mutex_;
  std::uint64_t random_ RH_GUARDED_BY(mutex_);
  std::int64_t begun_ns_ RH_GUARDED_BY(mutex_) = 0;  // 0: no time was given yet
  std::int64_t t_ns_ RH_GUARDED_BY(mutex_) = 0;
  RoverPose pose_ RH_GUARDED_BY(mutex_);
  // Orders; wheels; of the last step; what is left of the last bump.
  float left_ RH_GUARDED_BY(mutex_) = 0, right_ RH_GUARDED_BY(mutex_) = 0;
  float left_m_s_ RH_GUARDED_BY(mutex_) = 0, right_m_s_ RH_GUARDED_BY(mutex_) = 0;
  float forward_m_s2_ RH_GUARDED_BY(mutex_) = 0, turn_rad_s_ RH_GUARDED_BY(mutex_) = 0;
  float jolt_g_ RH_GUARDED_BY(mutex_) = 0;
};

}  // namespace motor_robot
