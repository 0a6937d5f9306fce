#include "hw/software_pwm.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#include <cerrno>

namespace rh::hw {
namespace {

using Nanoseconds = std::chrono::nanoseconds;

Nanoseconds now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::seconds(t.tv_sec) + Nanoseconds(t.tv_nsec);
}

void sleepUntil(Nanoseconds when) {
  const timespec until{static_cast<time_t>(when.count() / 1'000'000'000),
                       static_cast<long>(when.count() % 1'000'000'000)};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

// Both may be refused to a process without privileges; pulses come a little less evenly then.
void hurry() {
  const sched_param priority{10};
  (void)::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &priority);
  (void)::prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
}

}  // namespace

SoftwarePwm::SoftwarePwm(std::unique_ptr<GpioOutput> line, Nanoseconds period)
    : line_(std::move(line)), period_(period), thread_([this] { run(); }) {}

SoftwarePwm::~SoftwarePwm() {
  {
    const Lock lock(mutex_);
    ending_ = true;
    high_ = Nanoseconds(0);
    (void)line_->set(false);
  }
  changed_.notify_all();
  thread_.join();
}

IoStatus SoftwarePwm::setHighTime(Nanoseconds high) {
  if (high.count() < 0 || high > period_) return IoStatus(EINVAL, name() + ": high time beyond the period");
  IoStatus status;
  {
    const Lock lock(mutex_);
    high_ = high;
    status = std::exchange(failure_, IoStatus());
    if (!pulsing()) status = line_->set(high == period_);
  }
  changed_.notify_all();
  return status;
}

void SoftwarePwm::run() {
  hurry();
  Nanoseconds start = now();
  Lock lock(mutex_);
  for (;;) {
    if (!pulsing() || ending_) {
      changed_.wait(lock, [this]() RH_REQUIRES(mutex_) { return pulsing() || ending_; });
      if (ending_) return;
      start = now();
    }
    const Nanoseconds high = high_;
    if (auto status = line_->set(true); !status) failure_ = status;
    lock.unlock();
    sleepUntil(start + high);
    lock.lock();
    if (high_ != period_) {
      if (auto status = line_->set(false); !status) failure_ = status;
    }
    if (!pulsing() || ending_) continue;
    lock.unlock();
    start += period_;
    sleepUntil(start);
    lock.lock();
    // Periods that were overslept are left out rather than hurried after.
    if (const Nanoseconds late = now() - start; late > period_) start += late;
  }
}

}  // namespace rh::hw
