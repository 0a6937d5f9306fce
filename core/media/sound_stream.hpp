// What one microphone of one device hears: any number of listeners on any loop, and a source that works only while
// somebody listens. Each chunk is one buffer for all of them; a listener that is slow loses the oldest chunks that wait
// for it, and nobody is ever sent what was heard before he came.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_server.hpp"
#include "net/loop_pool.hpp"

namespace robohub::media {

// Content-Type of a listener's answer, and what stands before its samples: a WAV file (RIFF, "Multimedia Programming
// Interface and Data Specifications 1.0") of 16-bit samples, one channel, whose size says that it has no end.
std::string_view wavContentType();
SharedBytes wavOpening(int rate_hz);

// Held by shared pointers. "[owner]" is the loop of the device.
class SoundStream : public std::enable_shared_from_this<SoundStream> {
 public:
  // Without a chunk for this long it is no longer live.
  static constexpr Duration kFresh = std::chrono::seconds(1);
  // So much sound may come at once, beyond what its rate allows: what a network has held up.
  static constexpr Duration kBurst = std::chrono::seconds(2);

  SoundStream(net::LoopPool& loops, net::Loop& owner, const Clock& clock, int rate_hz);

  int rateHz() const { return rate_hz_; }  // [any-thread]

  // Told on the owner's loop when the source should begin or stop, and when live() changes. Set before use. [owner]
  void onInterest(std::function<void(bool wanted)> fn) { on_interest_ = std::move(fn); }
  void onLive(std::function<void(bool live)> fn) { on_live_ = std::move(fn); }

  // A chunk of whole samples from the source. Dropped without a word when nobody listens any more. Errors: exhausted
  // (more than a quarter above its rate, for longer than kBurst). [owner]
  Status offer(std::string_view pcm);
  // The source is gone. [owner]
  void sourceLost();
  bool wanted() const { return wanted_; }  // [owner]
  bool live() const { return live_; }      // [owner]
  // When the newest chunk came; absent before the first. [any-thread]
  std::optional<MonoTime> newestAt() const;

  // Sends the opening, and all chunks that come from now on until the listener closes or is closed. `token` is let go
  // of then. [the listener's loop]
  void addListener(std::shared_ptr<net::HttpStream> listener, net::Loop& loop, std::shared_ptr<void> token = nullptr);
  // Closes a listener and lets go of it at once. [the listener's loop]
  void closeListener(net::HttpStream& listener, net::Loop& loop);

  // There will be no more sound for anybody: listeners are closed, also those that come later. Whoever lets go of a
  // stream while loops run ends it first. [any-thread]
  void end();

 private:
  struct Listener {
    std::shared_ptr<net::HttpStream> stream;
    std::shared_ptr<void> token;
  };
  void deliver(std::size_t loop_index, const SharedBytes& chunk);
  void removeEnded(std::size_t loop_index);
  void reviewInterest();
  void reviewLater();
  void setLive(bool live);
  void watchFreshness();
  bool withinRate(std::size_t bytes);

  net::LoopPool& loops_;
  net::Loop& owner_;
  const Clock& clock_;
  const int rate_hz_;
  std::function<void(bool)> on_interest_, on_live_;
  std::vector<std::vector<Listener>> by_loop_;      // each touched only on its loop
  std::vector<std::atomic<std::uint32_t>> counts_;  // listeners by loop; read by the owner
  std::atomic<std::int64_t> newest_ns_{0};          // 0: none came yet
  std::atomic<bool> ended_{false};
  double allowed_bytes_;  // what may come now
  MonoTime allowed_at_{};
  bool wanted_ = false;
  bool live_ = false;
  bool watching_freshness_ = false;
};

}  // namespace robohub::media
