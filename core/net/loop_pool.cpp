#include "net/loop_pool.hpp"

#include <pthread.h>
#include <signal.h>

namespace robohub::net {

LoopPool::LoopPool(std::size_t count) {
  if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>("rh-loop-" + std::to_string(i), i));
}

LoopPool::~LoopPool() {
  stop();
}

void LoopPool::start() {
  // Signals are the main thread's: the new ones inherit a full mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (auto& loop : loops_) {
    threads_.emplace_back([&loop = *loop] {
      pthread_setname_np(pthread_self(), loop.name().substr(0, 15).c_str());
      loop.run();
    });
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LoopPool::stop() {
  for (auto& loop : loops_) loop->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

Loop* LoopPool::current() {
  for (auto& loop : loops_)
    if (loop->inLoop()) return loop.get();
  return nullptr;
}

}  // namespace robohub::net
