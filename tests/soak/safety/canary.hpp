// Whether a light went out late, or the machine stood still meanwhile: threads that do nothing but sleep a millisecond,
// one on each processor, and write down how much longer they slept. A trial that was late by no more than one of them
// overslept at once says nothing about robohub, and is repeated; nothing is ever subtracted from what was measured.
// They have short turns, as all of robohub that must be in time has: what robohub's own load takes from those excuses
// nothing.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace soak {

// Thread-safe. A thread for each processor (at most 16).
class Canary {
 public:
  Canary();
  ~Canary();
  Canary(const Canary&) = delete;
  Canary& operator=(const Canary&) = delete;

  // The longest time for which one of them was kept from waking within these moments (CLOCK_MONOTONIC).
  std::int64_t longestNs(std::int64_t from_ns, std::int64_t to_ns) const;
  // The longest so far.
  std::int64_t longestNs() const { return longest_ns_; }

 private:
  struct Pause {
    std::int64_t from_ns, to_ns;
  };
  void run(int processor);

  std::atomic<bool> ending_{false};
  std::atomic<std::int64_t> longest_ns_{0};
  mutable std::mutex mutex_;  // guards pauses_
  std::deque<Pause> pauses_;
  std::vector<std::thread> threads_;
};

}  // namespace soak
