// A simulated camera works only while somebody watches: this thread draws at a steady beat then, and sleeps otherwise.
#pragma once
#include <cstdint>
#include <functional>
#include <thread>

#include "hw/lab/image.hpp"
#include "rh/mutex.hpp"

namespace rh::hw::lab {

// Takes one JPEG, taken at t_ns (CLOCK_MONOTONIC). Called on the picture thread.
using PictureSink = std::function<void(const std::uint8_t* jpeg, std::size_t size, std::int64_t t_ns)>;

// watch() and quiesce() come from one thread at a time.
class PictureThread {
 public:
  // Draws the picture of this moment; what it returns stays valid until the next call. Called on the picture thread.
  using Draw = std::function<const Image&(std::int64_t now_ns)>;

  PictureThread(int fps, int quality, Draw draw) : fps_(fps), quality_(quality), draw_(std::move(draw)) {}
  ~PictureThread() { quiesce(); }
  PictureThread(const PictureThread&) = delete;
  PictureThread& operator=(const PictureThread&) = delete;

  // The thread starts when somebody watches for the first time.
  void watch(bool on, PictureSink sink);
  // Ends and joins it, for good.
  void quiesce();

 private:
  void run();

  const int fps_, quality_;
  const Draw draw_;
  Mutex mutex_;
  Condition changed_;
  PictureSink sink_ RH_GUARDED_BY(mutex_);
  bool watched_ RH_GUARDED_BY(mutex_) = false;
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace rh::hw::lab
