// Moments that many timers of a machine share: what may be a little late falls on a grid, so that a loop wakes once for
// a hundred of them. Pure.
#pragma once
#include "base/time.hpp"

namespace robohub::net {

// The time from `now` to the next whole multiple of an eighth of `delay` that is at least `delay` away: at most an
// eighth later than asked for. `delay` above 8 ns.
inline Duration sharedDelay(MonoTime now, Duration delay) {
  const std::int64_t grid = delay.count() / 8, least = toNs(now) + delay.count();
  return fromNs((least + grid - 1) / grid * grid) - now;
}

// When to look at a deadline that moves on again and again: at the last multiple of `grid` before it, and at the
// deadline itself once that is near. Never later than the deadline. `deadline` is at or behind the clock's zero.
inline MonoTime sharedLook(MonoTime deadline, MonoTime now, Duration grid) {
  const MonoTime on_grid = fromNs(toNs(deadline) / grid.count() * grid.count());
  return on_grid > now ? on_grid : deadline;
}

}  // namespace robohub::net
