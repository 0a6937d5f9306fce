#include "net/shared_alarm.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace robohub;
using std::chrono::milliseconds;

TEST_CASE("shared delays are never early, at most an eighth late, and fall together") {
  std::set<std::int64_t> moments;
  for (std::int64_t at_ns = 1; at_ns < 4'000'000'000; at_ns += 1'234'567) {
    const MonoTime now = fromNs(at_ns);
    const Duration delay = net::sharedDelay(now, milliseconds(500));
    REQUIRE(delay >= milliseconds(500));
    REQUIRE(delay <= milliseconds(563));
    moments.insert(toNs(now + delay));
  }
  CHECK(moments.size() <= 66);  // an eighth of half a second apart, over four seconds
}

TEST_CASE("looks at deadlines that move on fall together, and the last one is never late") {
  constexpr Duration grid = milliseconds(20), deadman = milliseconds(300);
  std::set<std::int64_t> moments;
  for (std::int64_t device = 0; device < 100; ++device) {
    MonoTime spoke = fromNs(1'000'000'001 + device * 1'234'567), now = spoke;
    const MonoTime silent = spoke + std::chrono::seconds(4);
    for (MonoTime deadline = spoke + deadman;; deadline = spoke + deadman) {
      const MonoTime look = net::sharedLook(deadline, now, grid);
      REQUIRE(look > now);
      REQUIRE(look <= deadline);
      if (look == deadline) {
        CHECK(spoke >= silent - milliseconds(100));  // somebody who speaks is never waited for to the moment
        break;
      }
      moments.insert(toNs(look));
      now = look;
      while (spoke + milliseconds(100) <= std::min(now, silent)) spoke += milliseconds(100);
    }
  }
  CHECK(moments.size() <= 220);  // of 4.4 seconds
}
