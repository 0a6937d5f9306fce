// What waits to be written to one robot, and when. Its program reads at most 255 bytes at a time and loses an object
// across that border, so what it has not had time to read never exceeds that; each object is one write. The newest
// motor command replaces one that waits; standing still is said three times, 50 ms apart, since nothing confirms it.
// While its link is stalled everything waits here, but for a halt, and not in the kernel, which would deliver all of it
// in one lump when the link is back.
// Pure; owned by the robot's connection.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "gateway/robot_tcp/objects.hpp"

namespace robohub::gateway {

class RobotOutbox {
 public:
  static constexpr Duration kReadWithin = std::chrono::milliseconds(10);  // a robot has read by then
  static constexpr Duration kRepeatAfter = std::chrono::milliseconds(50);
  static constexpr int kTimes = 3;
  static constexpr std::size_t kMost = 32;
  // More is a stall: a machine that hears something confirms it within 40 ms, which is some drives and a text.
  static constexpr std::size_t kOnTheWay = 2 * kRobotReadBytes;

  // Any object but com_motor. False: too many wait.
  bool push(std::string object);
  void motors(const RobotMotors& motors, MonoTime now);
  // Motors standing and the buzzer off, before anything else; what waited is dropped, but for the newest word about the
  // lamp: it moves nothing, and whoever switched it was told that it is done.
  void halt(MonoTime now);

  // The object to write now, if one is due. It counts as written. `on_the_way`: bytes of which the robot's machine has
  // not said yet that it has them.
  std::optional<std::string> take(MonoTime now, std::size_t on_the_way = 0);
  // Bytes of the object that waits first; 0 when none does.
  std::size_t nextBytes() const { return waiting_.empty() ? 0 : waiting_.front().object.size(); }
  // When take() has something, unless too much is on the way; MonoTime::max() when nothing waits.
  MonoTime due() const;
  // As last told; standing after halt().
  const RobotMotors& motors() const { return motors_; }

 private:
  struct Item {
    bool of_motors = false;
    std::string object;
    bool of_halt = false;
  };
  struct Written {
    MonoTime at;
    std::size_t bytes;
  };
  MonoTime roomFor(std::size_t bytes) const;

  // Mostly one of each, so that what is taken from the front costs nothing and their memory stays where it is.
  std::vector<Item> waiting_;
  std::vector<Written> written_;  // within kReadWithin
  RobotMotors motors_;
  int repeats_ = 0;
  MonoTime repeat_at_ = MonoTime::max();
  bool quiet_again_ = false;  // with the next repetition the buzzer is told once more
};

}  // namespace robohub::gateway
