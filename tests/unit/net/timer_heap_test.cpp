#include "net/timer_heap.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::net;
using std::chrono::milliseconds;

TEST_CASE("timers come in the order of their deadlines, equal ones in the order they were set") {
  TimerHeap timers;
  const MonoTime start{};
  std::string order;
  timers.add(start + milliseconds(20), [&] { order += 'c'; });
  timers.add(start + milliseconds(10), [&] { order += 'a'; });
  timers.add(start + milliseconds(10), [&] { order += 'b'; });
  CHECK(timers.next() == start + milliseconds(10));
  CHECK_FALSE(timers.takeDue(start + milliseconds(9)));
  while (auto fn = timers.takeDue(start + milliseconds(15))) fn();
  CHECK(order == "ab");
  while (auto fn = timers.takeDue(start + milliseconds(25))) fn();
  CHECK(order == "abc");
  CHECK_FALSE(timers.next());
}

TEST_CASE("a cancelled timer never fires, and cancelling twice says so") {
  TimerHeap timers;
  const auto id = timers.add(MonoTime{}, [] { FAIL("cancelled"); });
  const auto later = timers.add(MonoTime{} + milliseconds(5), [] {});
  CHECK(timers.cancel(id));
  CHECK_FALSE(timers.cancel(id));
  CHECK(timers.next() == MonoTime{} + milliseconds(5));
  CHECK(timers.cancel(later));
  CHECK_FALSE(timers.takeDue(MonoTime{} + milliseconds(99)));
}

TEST_CASE("a million cancelled timers leave no litter behind") {
  TimerHeap timers;
  timers.add(MonoTime{} + std::chrono::hours(1), [] {});
  for (int i = 0; i < 1'000'000; ++i) timers.cancel(timers.add(MonoTime{} + std::chrono::hours(2), [] {}));
  CHECK(timers.size() == 1);
  CHECK(timers.forgotten() < 200);
}
