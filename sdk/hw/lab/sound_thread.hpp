// A simulated microphone hears only while somebody listens: this thread makes sound at a steady beat then, and sleeps
// otherwise.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <thread>

#include "rh/mutex.hpp"

namespace rh::hw::lab {

// Takes one chunk: 16-bit little-endian samples of one channel, the last one heard at t_ns (CLOCK_MONOTONIC). Called on
// the sound thread.
using SoundSink = std::function<void(const std::uint8_t* pcm, std::size_t size, std::int64_t t_ns)>;

// listen() and quiesce() come from one thread at a time.
class SoundThread {
 public:
  // Fills in what is heard next. Called on the sound thread.
  using Make = std::function<void(std::span<std::int16_t> samples)>;

  SoundThread(int rate_hz, int chunk_ms, Make make) : rate_hz_(rate_hz), chunk_ms_(chunk_ms), make_(std::move(make)) {}
  ~SoundThread() { quiesce(); }
  SoundThread(const SoundThread&) = delete;
  SoundThread& operator=(const SoundThread&) = delete;

  // The thread starts when somebody listens for the first time.
  void listen(bool on, SoundSink sink);
  // Ends and joins it, for good.
  void quiesce();

 private:
  void run();

  const int rate_hz_, chunk_ms_;
  const Make make_;
  Mutex mutex_;
  Condition changed_;
  SoundSink sink_ RH_GUARDED_BY(mutex_);
  bool wanted_ RH_GUARDED_BY(mutex_) = false;
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace rh::hw::lab
