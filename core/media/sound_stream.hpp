// What one microphone of one device hears: any number of listeners on any loop, and a source that works only while
// somebody listens. Each chunk is one buffer for all of them; a listener that is slow loses the oldest chunks that wait
// for it, and nobody is ever sent what was heard before he came.
#pragma once
#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "media/live_stream.hpp"

namespace robohub::media {

// Content-Type of a listener's answer, and what stands before its samples: a WAV file (RIFF, "Multimedia Programming
// Interface and Data Specifications 1.0") of 16-bit samples, one channel, whose size says that it has no end.
std::string_view wavContentType();
SharedBytes wavOpening(int rate_hz);

// Held by shared pointers. "[owner]" is the loop of the device.
class SoundStream final : public LiveStream {
 public:
  // Without a chunk for this long it is no longer live.
  static constexpr Duration kFresh = std::chrono::seconds(1);
  // So much sound may come at once, beyond what its rate allows: what a network has held up.
  static constexpr Duration kBurst = std::chrono::seconds(2);

  SoundStream(net::LoopPool& loops, net::Loop& owner, const Clock& clock, int rate_hz);

  int rateHz() const { return rate_hz_; }  // [any-thread]

  // A chunk of whole samples from the source. Dropped without a word when nobody listens any more. Errors: exhausted
  // (more than a quarter above its rate, for longer than kBurst). [owner]
  Status offer(std::string_view pcm);

  // Sends the opening, and all chunks that come from now on until the listener closes or is closed. `token` is let go
  // of then. [the listener's loop]
  void addListener(std::shared_ptr<net::HttpStream> listener, net::Loop& loop, std::shared_ptr<void> token = nullptr);

 private:
  bool withinRate(std::size_t bytes);

  const int rate_hz_;
  double allowed_bytes_;  // what may come now
  MonoTime allowed_at_{};
};

}  // namespace robohub::media
