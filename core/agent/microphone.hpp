// The microphone beside the agent, by ALSA: open only while somebody listens, tried again when it is missing or pulled
// out, and one sentence for each change between being heard and not. ALSA's calls may block, so they have a thread of
// their own.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/mutex.hpp"
#include "base/time.hpp"
#include "net/loop.hpp"

namespace robohub::agent {

// Owned by its loop; destroying it joins the thread, which takes as long as ALSA's close.
class Microphone {
 public:
  static constexpr Duration kChunk = std::chrono::milliseconds(40);
  static constexpr Duration kSilent = std::chrono::seconds(3);  // without any sample: it is opened anew
  static constexpr Duration kAgain = std::chrono::seconds(2);   // between two tries

  // `on_chunk`: kChunk of 16-bit little-endian samples and the time of the last one (CLOCK_MONOTONIC); valid during the
  // call. `on_change`: empty when it is heard again, else a sentence why not; once for each change. Both on the loop.
  Microphone(net::Loop& loop, std::string device, int rate_hz,
             std::function<void(std::string_view pcm, std::int64_t t_ns)> on_chunk,
             std::function<void(const std::string& fault)> on_change);
  ~Microphone();
  Microphone(const Microphone&) = delete;
  Microphone& operator=(const Microphone&) = delete;

  // Idempotent, does not wait. While nobody listens nothing is open. [loop]
  void listen(bool on);

 private:
  struct Ears;  // what outlives this in the loop's inbox
  void run();
  void hear();
  bool wanted() const;
  void waitFor(Duration time);
  void tell(std::string fault);
  void deliver(std::string pcm);

  net::Loop& loop_;
  const std::string device_;
  const int rate_hz_;
  std::shared_ptr<Ears> ears_;
  mutable Mutex mutex_;
  Condition changed_;
  bool wanted_ RH_GUARDED_BY(mutex_) = false;
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::string told_;  // of run(): the fault that was told; "" when there is none
  std::thread thread_;
};

}  // namespace robohub::agent
