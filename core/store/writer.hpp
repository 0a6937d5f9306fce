// The one thread that writes: group commit, honest acknowledgements, and the only checkpoints there are.
#pragma once
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "store/database.hpp"

namespace robohub::store {

// Thread-safe; the session is owned by its thread.
class Writer {
 public:
  Writer(std::unique_ptr<Session> session, DatabaseLimits limits);
  ~Writer() { close(); }

  void write(Work work, Done done);
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  bool isOwnThread() const { return std::this_thread::get_id() == thread_.get_id(); }
  // Writes what is queued, joins. Readers should have closed their connections before, so that the WAL can be emptied.
  void close();

 private:
  struct Request {
    Work work;
    Done done;
  };
  void run() noexcept;  // an exception out of a `done` is a broken promise and ends the program
  void runBatch(std::vector<Request>& batch);
  Status runOne(const Work& work);
  void checkpoint();

  std::unique_ptr<Session> session_;
  const DatabaseLimits limits_;
  int wal_pages_ = 0;  // as of the newest commit
  Mutex mutex_;
  Condition wake_;
  std::deque<Request> queue_ RH_GUARDED_BY(mutex_);
  std::atomic<std::size_t> waiting_{0};  // queue_.size() for whoever has no lock
  bool closing_ RH_GUARDED_BY(mutex_) = false;
  std::once_flag joined_;
  std::thread thread_;
};

}  // namespace robohub::store
