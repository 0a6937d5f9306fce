#include "plugin/safety_clock.hpp"

#include "base/short_turns.hpp"

namespace robohub::plugin {

SafetyClock::SafetyClock(std::function<void()> expired) : expired_(std::move(expired)), thread_([this] { run(); }) {}

SafetyClock::~SafetyClock() {
  {
    Lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SafetyClock::set(MonoTime deadline) {
  bool sooner = false;
  {
    Lock lock(mutex_);
    sooner = deadline < deadline_;
    deadline_ = deadline;
  }
  // A later one is found when the thread wakes for the earlier: a renewal costs no wake-up.
  if (sooner) changed_.notify_all();
}

void SafetyClock::clear() {
  Lock lock(mutex_);
  deadline_ = MonoTime::max();
}

void SafetyClock::run() {
  askForShortTurns();
  Lock lock(mutex_);
  while (!stopping_) {
    if (deadline_ == MonoTime::max()) {
      changed_.wait(lock);
    } else if (std::chrono::steady_clock::now() < deadline_) {
      changed_.wait_until(lock, deadline_);
    } else {
      deadline_ = MonoTime::max();
      lock.unlock();
      expired_();
      lock.lock();
    }
  }
}

}  // namespace robohub::plugin
