// edge-watch FILE [SECONDS]: prints each edge of a lab turret's outputs as "t_ns output value", and "t_ns owner dead"
// when the driver's process has ended, until SECONDS are over (default: for ever).
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "hw/model/edges.hpp"

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: edge-watch FILE [SECONDS]\n");
    return 2;
  }
  using rh::hw::model::monotonicNs;
  try {
    rh::hw::model::EdgeReader reader(argv[1]);
    const double seconds = argc == 3 ? std::atof(argv[2]) : 1e9;
    const std::int64_t end_ns = monotonicNs() + static_cast<std::int64_t>(seconds * 1e9);
    bool alive = true;
    do {
      const bool lives = reader.ownerAlive();
      for (const auto& edge : reader.next()) {
        std::printf("%lld %u %u\n", static_cast<long long>(edge.t_ns), edge.output, edge.value);
      }
      if (alive && !lives) std::printf("%lld owner dead\n", static_cast<long long>(monotonicNs()));
      alive = lives;
      std::fflush(stdout);
      const timespec nap{0, 500'000};
      ::nanosleep(&nap, nullptr);
    } while (monotonicNs() < end_ns);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "edge-watch: %s\n", error.what());
    return 1;
  }
  return 0;
}
