#include "base/paced_line.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace std::chrono_literals;

TEST_CASE("a line that anybody can cause is told at once, and then once a minute with how often it was") {
  PacedLine line;
  MonoTime now{1h};
  CHECK(line.tell("It happened.", now) == "It happened.");
  for (int i = 0; i < 100; ++i) CHECK_FALSE(line.tell("It happened.", now += 500ms));
  now += 10s;
  CHECK(line.tell("It happened again.", now) == "It happened again. (101 times since this was told last)");
  now += 1min;
  CHECK(line.tell("And again.", now) == "And again.");
}
