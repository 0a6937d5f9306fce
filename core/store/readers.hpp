// Reads of unknown length beside the one writer: two threads with a connection each, a short line, and an end to every
// transaction, because one that is held keeps the WAL growing.
#pragma once
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "store/database.hpp"

namespace robohub::store {

// Thread-safe.
class Readers {
 public:
  static Result<std::unique_ptr<Readers>> start(const std::string& path, DatabaseLimits limits);
  ~Readers() { close(); }

  void read(Work work, Done done);
  Status readNow(const Work& work);
  // Answers what waits (unavailable), lets running reads end, joins, closes the connections.
  void close();

 private:
  struct Request {
    Work work;
    Done done;
  };
  Readers(std::vector<std::unique_ptr<Session>> sessions, std::unique_ptr<Session> direct, DatabaseLimits limits);
  void run(Session& session) noexcept;
  Status runOne(Session& session, const Work& work) const;

  std::vector<std::unique_ptr<Session>> sessions_;  // each owned by its thread
  Mutex direct_mutex_;                              // held for a whole readNow()
  std::unique_ptr<Session> direct_ RH_GUARDED_BY(direct_mutex_);
  const DatabaseLimits limits_;
  Mutex mutex_;
  Condition wake_;
  std::deque<Request> queue_ RH_GUARDED_BY(mutex_);
  bool closing_ RH_GUARDED_BY(mutex_) = false;
  std::once_flag joined_;
  std::vector<std::thread> threads_;
};

}  // namespace robohub::store
