// A thread for the few calls that can only block (resolving names), so that a loop never does. Made at first use, one
// call after another, joined by its owner.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

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

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace robohub::net
