// A flood beside the trials: people who watch the pictures of up to ten turrets and send commands that are refused,
// and a device that measures far too often.
#pragma once
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "soak/safety/rig.hpp"

namespace soak {

class Load {
 public:
  // Goes on through whatever the trials do to the hub, until end().
  explicit Load(Rig& rig);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  // Ends it; what it did, in words.
  std::string end();

 private:
  void watch(const Device& device);
  void command(const Device& device);
  void measure();
  void wait(std::chrono::milliseconds time) const;

  Rig& rig_;
  test::AgentProcess noisy_;
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> picture_bytes_{0}, commands_{0}, floods_{0};
  std::vector<std::thread> threads_;
};

}  // namespace soak
