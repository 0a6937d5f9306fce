#include "hw/lab/picture_thread.hpp"

#include "hw/lab/jpeg.hpp"

namespace rh::hw::lab {

using Clock = std::chrono::steady_clock;

void PictureThread::watch(bool on, PictureSink sink) {
  {
    const Lock lock(mutex_);
    if (ending_) return;
    watched_ = on;
    sink_ = std::move(sink);
  }
  changed_.notify_all();
  if (on && !thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void PictureThread::quiesce() {
  {
    const Lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void PictureThread::run() {
  JpegEncoder encoder(quality_);
  const auto period = std::chrono::nanoseconds(1'000'000'000 / fps_);
  auto due = Clock::now();
  Lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this]() RH_REQUIRES(mutex_) { return watched_ || ending_; });
    if (ending_) return;
    const PictureSink sink = sink_;
    lock.unlock();

    const std::int64_t now_ns = Clock::now().time_since_epoch().count();
    const auto& jpeg = encoder.encode(draw_(now_ns));
    if (!jpeg.empty() && sink) sink(jpeg.data(), jpeg.size(), now_ns);

    // Pictures keep their beat; one that would come late is left out rather than hurried after.
    due += period;
    const auto late = Clock::now() - due;
    if (late > std::chrono::nanoseconds(0)) due += period * (late / period + 1);
    lock.lock();
    changed_.wait_until(lock, due, [this]() RH_REQUIRES(mutex_) { return ending_; });
  }
}

}  // namespace rh::hw::lab
