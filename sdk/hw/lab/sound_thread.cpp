#include "hw/lab/sound_thread.hpp"

#include <chrono>
#include <vector>

namespace rh::hw::lab {

using Clock = std::chrono::steady_clock;

void SoundThread::listen(bool on, SoundSink sink) {
  {
    const Lock lock(mutex_);
    if (ending_) return;
    wanted_ = on;
    sink_ = std::move(sink);
  }
  changed_.notify_all();
  if (on && !thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void SoundThread::quiesce() {
  {
    const Lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SoundThread::run() {
  const auto period = std::chrono::milliseconds(chunk_ms_);
  std::vector<std::int16_t> samples(static_cast<std::size_t>(rate_hz_ * chunk_ms_ / 1000));
  std::vector<std::uint8_t> bytes(samples.size() * 2);
  auto due = Clock::now();
  Lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this]() RH_REQUIRES(mutex_) { return wanted_ || ending_; });
    if (ending_) return;
    const SoundSink sink = sink_;
    lock.unlock();

    make_(samples);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const auto value = static_cast<std::uint16_t>(samples[i]);
      bytes[2 * i] = static_cast<std::uint8_t>(value);
      bytes[2 * i + 1] = static_cast<std::uint8_t>(value >> 8);
    }
    const auto now = Clock::now();
    if (sink) sink(bytes.data(), bytes.size(), now.time_since_epoch().count());

    // What was missed while nobody listened, or the machine was busy, is not made up for.
    due += period;
    if (due < now - 4 * period) due = now;
    lock.lock();
    changed_.wait_until(lock, due, [this]() RH_REQUIRES(mutex_) { return ending_; });
  }
}

}  // namespace rh::hw::lab
