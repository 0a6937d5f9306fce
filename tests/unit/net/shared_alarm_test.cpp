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
