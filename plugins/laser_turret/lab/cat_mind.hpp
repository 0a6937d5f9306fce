// What the lab's cat does: it strolls, sits and looks around; when the dot is lit it watches it, runs after it,
// crouches and pounces. Given a seed, the time and the dot, it always does the same.
#pragma once
#include <cstdint>
#include <optional>

#include "laser_turret/lab/vec.hpp"

namespace laser_turret {

// How the cat stands; angles in radians. Immutable snapshot for the painter.
struct CatPose {
  Vec position{0.45f, 0, 3.6f};  // of the floor below its middle; y while it leaps
  float heading = 2.2f;          // 0 looks away from the camera, pi/2 to the right
  float step = 0;                // where in the cycle of its gait, in turns
  float stride = 0;              // 0 stands, 1 runs
  float sit = 0;                 // 0 stands, 1 sits
  float crouch = 0;              // 0 upright, 1 flat
  float wiggle = 0;              // of the hind part, -1..1
  float leap = 0;                // 0..1 legs stretched in the air
  float head_yaw = 0;            // relative to the body; positive to its left
  float head_pitch = 0;          // positive looks up
  float tail = 0;                // phase of the tail's wave
  float alert = 0;               // 0 calm, 1 hunting: how the tail is held
  bool blinking = false;
};

// Not thread-safe.
class CatMind {
 public:
  explicit CatMind(std::uint64_t seed);
  // Lets `seconds` pass (at most one: a cat that nobody watched has rested meanwhile). `dot`: where the lit dot lies.
  void live(double seconds, std::optional<Vec> dot);
  const CatPose& pose() const { return pose_; }

 private:
  enum class Mood { stroll, rest, chase, lurk, pounce, puzzled };
  void step(float dt, std::optional<Vec> dot);
  void decide(std::optional<Vec> dot);
  void enter(Mood mood, float seconds);
  void walk(float dt, Vec goal, float fastest);
  void look(float dt, std::optional<Vec> at);
  float random(float low, float high);

  CatPose pose_;
  Mood mood_ = Mood::stroll;
  Vec goal_{-0.5f, 0, 3.0f};
  Vec leap_from_, leap_to_;
  std::optional<Vec> last_dot_;
  float dot_speed_ = 0;
  float mood_age_ = 0, mood_length_ = 6;
  float speed_ = 0, clock_ = 0;
  float left_over_ = 0;
  std::uint64_t random_;
};

}  // namespace laser_turret
