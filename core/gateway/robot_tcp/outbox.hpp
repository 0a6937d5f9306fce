// What waits to be written to one robot, and when. Its program reads at most 255 bytes at a time and loses an object
// across that border, so what it has not had time to read never exceeds that; each object is one write. The newest
// motor command replaces one that waits; standing still is said three times, 50 ms apart, since nothing confirms it.
// Pure; owned by the robot's connection.
#pragma once
#include <deque>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "gateway/robot_tcp/objects.hpp"

namespace robohub::gateway {

class RobotOutbox {
 public:
  static constexpr Duration kReadWithin = std::chrono::milliseconds(10);  // a robot has read by then
  static constexpr Duration kRepeatAfter = std::chrono::milliseconds(50);
  static constexpr int kTimes = 3;
  static constexpr std::size_t kMost = 32;

  // Any object but com_motor. False: too many wait.
  bool push(std::string object);
  void motors(const RobotMotors& motors, MonoTime now);
  // Motors standing and the buzzer off, before anything else; what waited is dropped.
  void halt(MonoTime now);

  // The object to write now, if one is due. It counts as written.
  std::optional<std::string> take(MonoTime now);
  // When take() has something; MonoTime::max() when nothing waits.
  MonoTime due() const;
  // As last told; standing after halt().
  const RobotMotors& motors() const { return motors_; }

 private:
  struct Item {
    bool of_motors = false;
    std::string object;
  };
  struct Written {
    MonoTime at;
    std::size_t bytes;
  };
  MonoTime roomFor(std::size_t bytes) const;

  std::deque<Item> waiting_;
  std::deque<Written> written_;  // within kReadWithin
  RobotMotors motors_;
  int repeats_ = 0;
  MonoTime repeat_at_ = MonoTime::max();
};

}  // namespace robohub::gateway
