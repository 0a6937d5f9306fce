// What the live streams of a device have in common, pictures and sound alike: any number of followers on any loop, one
// source that works only while somebody wants it, and whether anything comes from it. What comes is offered on the
// device's loop; every loop with followers gets the same buffer.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/buffer.hpp"
#include "base/time.hpp"
#include "net/http_server.hpp"
#include "net/loop_pool.hpp"

namespace robohub::media {

// Held by shared pointers. "[owner]" is the loop of the device.
class LiveStream : public std::enable_shared_from_this<LiveStream> {
 public:
  virtual ~LiveStream() = default;

  // Told on the owner's loop when the source should begin or stop, and when live() changes. Set before use. [owner]
  void onInterest(std::function<void(bool wanted)> fn) { on_interest_ = std::move(fn); }
  void onLive(std::function<void(bool live)> fn) { on_live_ = std::move(fn); }

  // The source is gone. [owner]
  void sourceLost();
  bool wanted() const { return wanted_; }  // [owner]
  bool live() const { return live_; }      // [owner]
  // When the newest piece came, however long ago; absent before the first. [any-thread]
  std::optional<MonoTime> newestAt() const;

  // Closes a follower and lets go of it at once, whether or not anything comes. [the follower's loop]
  void close(net::HttpStream& follower, net::Loop& loop);

  // There will be nothing more for anybody: followers are closed, also those that come later. They belong to their
  // loops, so whoever lets go of a stream while loops run ends it first. [any-thread]
  void end();

 protected:
  // Without a piece for `fresh` it is no longer live. Interest outlives the last who had it by `linger`.
  LiveStream(net::LoopPool& loops, net::Loop& owner, const Clock& clock, Duration fresh, Duration linger);

  // Is sent all that is passed on until it closes or is closed; `token` is let go of then. [the follower's loop]
  void add(std::shared_ptr<net::HttpStream> follower, net::Loop& loop, std::shared_ptr<void> token);
  // A piece that came just now, to all followers. [owner]
  void passOn(const SharedBytes& piece, net::SendClass send_class);
  // Counts as interest from now on for `linger`, and lets the owner look whether anybody is interested. [any-thread]
  void touchInterest();
  // Beside its followers others may wait on a loop: how many more or fewer. [that loop]
  void countOthers(std::size_t loop_index, std::ptrdiff_t change);
  // Those others: a piece was passed on; the stream has ended, and they are counted no more. [that loop]
  virtual void passedOn(std::size_t loop_index);
  virtual void endedOn(std::size_t loop_index);

  net::Loop& owner() { return owner_; }
  bool ended() const { return ended_; }   // [any-thread]
  bool isFresh(MonoTime received) const;  // [any-thread]
  net::Loop& loopAt(std::size_t index) { return loops_.at(index); }
  const Clock& clock() const { return clock_; }

 private:
  struct Follower {
    std::shared_ptr<net::HttpStream> stream;
    std::shared_ptr<void> token;
  };
  void deliver(std::size_t loop_index, const SharedBytes& piece, net::SendClass send_class);
  void removeEnded(std::size_t loop_index);
  void reviewInterest();
  void setLive(bool live);
  void watchFreshness();

  net::LoopPool& loops_;
  net::Loop& owner_;
  const Clock& clock_;
  const Duration fresh_, linger_;
  std::function<void(bool)> on_interest_, on_live_;
  std::vector<std::vector<Follower>> by_loop_;      // each touched only on its loop
  std::vector<std::atomic<std::uint32_t>> counts_;  // followers and others by loop; read by the owner
  std::atomic<std::int64_t> asked_at_ns_{0};        // when somebody came, left or asked
  std::atomic<std::int64_t> newest_ns_{0};          // 0: none came yet
  std::atomic<bool> ended_{false};
  bool wanted_ = false;
  bool live_ = false;
  bool reviewing_ = false;
  bool watching_freshness_ = false;
};

}  // namespace robohub::media
