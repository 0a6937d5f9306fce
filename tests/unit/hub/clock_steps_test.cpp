// What is told of a wall clock that was set, and for how long.
#include "hub/clock_steps.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::hub;
using namespace std::chrono_literals;

namespace {

struct Machine {
  ClockSteps steps;
  Duration since_boot = 30s;
  WallTime wall{std::chrono::milliseconds(1'700'000'000'000)};

  void pass(Duration by) {
    since_boot += by;
    wall += std::chrono::duration_cast<std::chrono::milliseconds>(by);
  }
  void set(Duration by) { wall += std::chrono::duration_cast<std::chrono::milliseconds>(by); }
  Duration look() { return steps.look(wall, since_boot); }
};

}  // namespace

TEST_CASE("A clock that goes as time does has no step, over any suspend") {
  Machine machine;
  for (const Duration passed : {Duration(0), Duration(5s), Duration(8h), Duration(24h * 400), Duration(5s)}) {
    machine.pass(passed);
    CHECK(machine.look() == Duration::zero());
  }
}

TEST_CASE("A clock that was set is told for a day, and then counts as it is") {
  for (const Duration step : {Duration(40min), Duration(-2h), Duration(61s)}) {
    Machine machine;
    machine.look();
    machine.pass(5s);
    machine.set(step);
    CHECK(machine.look() == step);
    machine.pass(23h);
    CHECK(machine.look() == step);
    machine.pass(1h);
    CHECK(machine.look() == Duration::zero());
    machine.pass(24h);
    CHECK(machine.look() == Duration::zero());
    // Another one is told anew, by itself.
    machine.set(-90s);
    CHECK(machine.look() == Duration(-90s));
  }
}

TEST_CASE("Small steps are none until they are a minute together") {
  Machine machine;
  machine.look();
  for (int i = 0; i < 3; ++i) {
    machine.pass(24h);
    machine.set(20s);
    CHECK(machine.look() == Duration::zero());
  }
  machine.pass(24h);
  machine.set(20s);
  CHECK(machine.look() == Duration(80s));
}

TEST_CASE("A step on a machine that has not run for a day is told too") {
  Machine machine;
  machine.since_boot = Duration::zero();
  machine.look();
  machine.set(1h);
  CHECK(machine.look() == Duration(1h));
}
