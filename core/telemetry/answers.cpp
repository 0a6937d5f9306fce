#include "telemetry/answers.hpp"

#include <pthread.h>
#include <signal.h>

namespace robohub::telemetry {

namespace {
// Open files cost memory: who has not been asked for so long lets go of them.
constexpr std::chrono::seconds kIdle{30};
}  // namespace

Status ReadingThread::run(Work work) {
  Lock lock(mutex_);
  if (ending_) return fail(ErrorCode::unavailable, "The hub is shutting down.");
  if (queue_.size() >= most_)
    return fail(ErrorCode::exhausted, "Too many questions to the history wait; try again in a moment.");
  queue_.push_back(std::move(work));
  changed_.notify_one();
  if (thread_.joinable()) return {};
  // Signals belong to the main thread: the new one inherits a full mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { main(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return {};
}

void ReadingThread::main() {
  pthread_setname_np(pthread_self(), name_);
  Reader reader(shared_);
  Lock lock(mutex_);
  while (true) {
    if (queue_.empty() && !ending_ &&
        !changed_.wait_for(lock, kIdle, [this]() RH_REQUIRES(mutex_) { return ending_ || !queue_.empty(); })) {
      reader.close();
      changed_.wait(lock, [this]() RH_REQUIRES(mutex_) { return ending_ || !queue_.empty(); });
    }
    if (queue_.empty()) {
      if (ending_) return;
      continue;
    }
    Work work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work(reader);
    work = nullptr;
    lock.lock();
  }
}

void ReadingThread::end() {
  {
    Lock lock(mutex_);
    ending_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace robohub::telemetry
