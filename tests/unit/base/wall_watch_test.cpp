#include "base/wall_watch.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace std::chrono_literals;

namespace {

class SetClock final : public Clock {
 public:
  MonoTime now() const override { return MonoTime(now_); }
  WallTime wall() const override {
    return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(now_ + ahead_));
  }
  void advance(Duration by) { now_ += by; }
  void stepWall(Duration by) { ahead_ += by; }

 private:
  Duration now_ = 1h, ahead_ = 500'000h;
};

}  // namespace

TEST_CASE("a wall clock is believed once it has run beside the monotonic one for ten minutes") {
  SetClock clock;
  WallWatch watch;
  CHECK_FALSE(watch.steady(clock.now()));
  watch.look(clock);
  CHECK_FALSE(watch.steady(clock.now()));
  for (int minute = 1; minute <= 9; ++minute) {
    clock.advance(1min);
    clock.stepWall(100ms);  // a time server draws it nearer
    watch.look(clock);
    CHECK_FALSE(watch.steady(clock.now()));
  }
  clock.advance(1min);
  watch.look(clock);
  CHECK(watch.steady(clock.now()));
}

TEST_CASE("a wall clock that was set, ahead or back, is not believed for ten minutes") {
  for (const Duration step : {Duration(40 * 24h), Duration(-40 * 24h), Duration(61s)}) {
    SetClock clock;
    WallWatch watch;
    watch.look(clock);
    clock.advance(11min);
    watch.look(clock);
    CHECK(watch.steady(clock.now()));
    clock.stepWall(step);
    watch.look(clock);
    CHECK_FALSE(watch.steady(clock.now()));
    clock.advance(9min);
    watch.look(clock);
    CHECK_FALSE(watch.steady(clock.now()));
    clock.advance(1min);
    watch.look(clock);
    CHECK(watch.steady(clock.now()));
  }
}
