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

TEST_CASE("an id of a timer that is over is nobody else's, wherever the new ones are kept") {
  TimerHeap timers;
  std::vector<TimerId> over;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 6000; ++i) over.push_back(timers.add(MonoTime{} + milliseconds(i), [] {}));
    while (timers.takeDue(MonoTime{} + milliseconds(5999))) {
    }
    CHECK(timers.size() == 0);
    // Cancelled ones make the heap tidy itself, which gives the room of the crowd back.
    for (int i = 0; i < 6000; ++i) {
      const TimerId id = timers.add(MonoTime{} + milliseconds(9000), [] {});
      CHECK(timers.cancel(id));
      over.push_back(id);
    }
  }
  std::vector<TimerId> wanted;
  for (int i = 0; i < 100; ++i) wanted.push_back(timers.add(MonoTime{} + milliseconds(1), [] {}));
  for (const TimerId id : over) {
    CHECK(id != 0);
    CHECK_FALSE(timers.cancel(id));
  }
  CHECK_FALSE(timers.cancel(0));
  CHECK(timers.size() == 100);
  for (const TimerId id : wanted) CHECK(timers.cancel(id));
}

TEST_CASE("the room that a crowd of timers needed is given back, though one of them stays for long") {
  TimerHeap timers;
  std::vector<TimerId> crowd;
  for (int i = 0; i < 100'000; ++i) crowd.push_back(timers.add(MonoTime{} + milliseconds(5), [] {}));
  const TimerId stays = crowd.back();
  crowd.pop_back();
  for (const TimerId id : crowd) timers.cancel(id);
  const auto ordinary = [&] {
    for (int i = 0; i < 1000; ++i) timers.cancel(timers.add(MonoTime{} + milliseconds(9), [] {}));
  };
  ordinary();
  CHECK(timers.size() == 1);
  CHECK(timers.cancel(stays));
  // It is noticed though the heap itself is small already.
  ordinary();
  CHECK(timers.room() < 5000);
}

TEST_CASE("what a cancelled timer held may set and cancel others as it dies") {
  TimerHeap timers;
  struct Holder {
    TimerHeap& timers;
    TimerId other;
    ~Holder() {
      timers.cancel(other);
      for (int i = 0; i < 50; ++i) timers.add(MonoTime{} + milliseconds(7), [] {});
    }
  };
  const TimerId other = timers.add(MonoTime{}, [] { FAIL("cancelled"); });
  const TimerId id = timers.add(MonoTime{}, [holder = std::make_shared<Holder>(Holder{timers, other})] {});
  // The temporary has set fifty already.
  REQUIRE(timers.size() == 51);
  CHECK(timers.cancel(id));
  CHECK(timers.size() == 100);
  CHECK(timers.next() == MonoTime{} + milliseconds(7));
}

TEST_CASE("what a timer holds may cancel others when the heap dies") {
  struct Holder {
    TimerHeap& timers;
    std::vector<TimerId> others;
    ~Holder() {
      for (const TimerId id : others) timers.cancel(id);
    }
  };
  TimerHeap timers;
  auto holder = std::make_shared<Holder>(Holder{timers, {}});
  for (int i = 0; i < 10; ++i) holder->others.push_back(timers.add(MonoTime{}, [holder] {}));
  holder.reset();
  CHECK(timers.size() == 10);
}
