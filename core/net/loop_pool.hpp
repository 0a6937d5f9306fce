// K loops on K threads: one a core. Connections are spread over them; a device lives on the one its id chooses.
#pragma once
#include <memory>
#include <thread>
#include <vector>

#include "net/loop.hpp"

namespace robohub::net {

class LoopPool {
 public:
  // count 0 = one a core. Loops exist at once; their threads begin with start().
  explicit LoopPool(std::size_t count = 0);
  // stop()s.
  ~LoopPool();
  LoopPool(const LoopPool&) = delete;
  LoopPool& operator=(const LoopPool&) = delete;

  // Threads are named rh-loop-<i> and take no signals. Once only.
  void start();
  // Ends all loops and joins the threads. Idempotent. Not from a loop.
  void stop();

  std::size_t size() const { return loops_.size(); }
  Loop& at(std::size_t i) { return *loops_.at(i); }
  // The loop that owns a device: always the same for the same hash. [any-thread]
  Loop& forDevice(std::size_t hash) { return *loops_[hash % loops_.size()]; }
  // The loop on whose thread the caller is, or null. [any-thread]
  Loop* current();

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace robohub::net
