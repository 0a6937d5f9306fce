// A thread for the few calls that can only block (resolving names), so that a loop never does. Made at first use, one
// call after another, joined by its owner.
#pragma once
#include <deque>
#include <functional>
#include <thread>

#include "base/mutex.hpp"

namespace robohub::net {

// Guarded by its mutex. [any-thread] but for the destructor.
class HelperThread {
 public:
  HelperThread() = default;
  // Waits for the call that runs; those that wait are destroyed unrun.
  ~HelperThread();
  HelperThread(const HelperThread&) = delete;
  HelperThread& operator=(const HelperThread&) = delete;

  // Runs `work` on the thread.
  void run(std::function<void()> work);

 private:
  void main();

  Mutex mutex_;
  Condition changed_;
  std::deque<std::function<void()>> waiting_ RH_GUARDED_BY(mutex_);
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace robohub::net
