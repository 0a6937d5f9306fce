// Somebody who drives a turret with its laser on, and somebody else who presses stop: how long the laser was still on,
// as the register model recorded it, by turns over a live socket and by POST.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "integration/support/page.hpp"
#include "soak/crowd/stage.hpp"
#include "soak/crowd/timings.hpp"

namespace soak {

// Thread-safe. One thread of its own, from its making to its end.
class Presser {
 public:
  // A press about every so often, on one turret after the other.
  Presser(Stage& stage, std::chrono::milliseconds every, std::uint64_t seed);
  ~Presser();
  Presser(const Presser&) = delete;
  Presser& operator=(const Presser&) = delete;

  Timings& timings() { return timings_; }
  // Trials that came to no press, or to one after which the light stayed on.
  std::uint64_t failed() const { return failed_; }
  std::uint64_t stayedOn() const { return stayed_on_; }
  std::string lastFault() const;

 private:
  void run();
  void trial(std::size_t turret, bool by_post);
  void reset(const std::string& turret);

  Stage& stage_;
  const std::chrono::milliseconds every_;
  Timings timings_;
  std::atomic<std::uint64_t> failed_{0}, stayed_on_{0};
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;  // guards fault_
  std::string fault_;
  std::mt19937_64 random_;  // of the thread, as all below
  std::unique_ptr<test::Page> watcher_;
  std::string driver_cookie_;
  std::thread thread_;
};

}  // namespace soak
