#include "base/wall_watch.hpp"

#include <cstdlib>

namespace robohub {

namespace {
constexpr Duration kHeldUp = std::chrono::seconds(1);
}

void WallWatch::look(const Clock& clock) {
  // Two clocks are never read at once; whoever was held up in between looks again.
  MonoTime now = clock.now(), after = now;
  std::int64_t wall_ms = 0;
  do {
    now = after;
    wall_ms = toMs(clock.wall());
    after = clock.now();
  } while (after - now > kHeldUp);
  const std::int64_t offset_ms = wall_ms - toMs(now.time_since_epoch());
  if (!has_looked_ || std::abs(offset_ms - offset_ms_) > toMs(kStep)) since_ = now;
  has_looked_ = true;
  offset_ms_ = offset_ms;
}

}  // namespace robohub
