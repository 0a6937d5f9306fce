// The thread that answers questions, one after another, and the one that hands out files: each has a reader and a short
// queue of its own, and is started by the first that asks.
#pragma once
#include <deque>
#include <functional>
#include <thread>

#include "base/mutex.hpp"
#include "telemetry/reader.hpp"

namespace robohub::telemetry {

// Thread-safe but for end().
class ReadingThread {
 public:
  using Work = std::function<void(Reader&)>;
  ReadingThread(Shared& shared, const char* name, std::size_t most) : shared_(shared), name_(name), most_(most) {}
  ~ReadingThread() { end(); }

  // Runs `work` on the thread. Errors: exhausted (too many wait), unavailable (ended); it is not run then.
  Status run(Work work);
  // What waits is run still, quickly: the shared state says that nothing can be read. Joins.
  void end();

 private:
  void main();

  Shared& shared_;
  const char* const name_;
  const std::size_t most_;
  Mutex mutex_;
  Condition changed_;
  std::deque<Work> queue_ RH_GUARDED_BY(mutex_);
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace robohub::telemetry
