// Tests that bound a time know what a plain build takes. A build with sanitizers takes several times that, so bounds
// that are about our speed, and not about the safety of a device, are multiplied by this. (CTest's own:
// robohub_time_limit().)
#pragma once

namespace robohub::test {

#ifdef ROBOHUB_SANITIZED
inline constexpr int kSlowness = 10;
#else
inline constexpr int kSlowness = 1;
#endif

}  // namespace robohub::test
