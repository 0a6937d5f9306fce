#include "net/helper_thread.hpp"

#include <pthread.h>
#include <signal.h>

namespace robohub::net {

HelperThread::~HelperThread() {
  {
    Lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void HelperThread::run(std::function<void()> work) {
  Lock lock(mutex_);
  waiting_.push_back(std::move(work));
  changed_.notify_one();
  if (thread_.joinable()) return;
  // Signals belong to the main thread: the new one inherits a full mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { main(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void HelperThread::main() {
  pthread_setname_np(pthread_self(), "rh-helper");
  Lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this]() RH_REQUIRES(mutex_) { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace robohub::net
