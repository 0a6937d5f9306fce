// One capture device of ALSA, open: 16-bit samples of one channel at a given rate, whatever the hardware has, as far as
// its PCM converts ("default" and "plughw:..." do). Owned by one thread.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace robohub::agent {

class AlsaCapture {
 public:
  // Blocks while the device opens. Errors: unavailable, with a sentence for people.
  static Result<AlsaCapture> open(const std::string& device, int rate_hz);

  // Waits up to `patience` for samples and takes those that are there, at most as many as fit; 0: none came. What was
  // lost because nobody took it in time is skipped. Errors: unavailable (the device is gone).
  Result<std::size_t> read(std::span<std::int16_t> into, Duration patience);

 private:
  struct Close {
    void operator()(void* pcm) const;
  };
  AlsaCapture(std::string device, void* pcm) : device_(std::move(device)), pcm_(pcm) {}
  Result<std::size_t> recovered(long error);

  std::string device_;
  std::unique_ptr<void, Close> pcm_;
};

}  // namespace robohub::agent
