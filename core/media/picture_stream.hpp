// One stream of one device: any number of viewers on any loop, one source that works only while somebody wants it, and
// the newest picture for whoever asks for a still. The device's loop offers each picture once; every loop with viewers
// gets the same buffer, and a viewer that is slow skips to the newest.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "media/picture.hpp"
#include "net/http_server.hpp"
#include "net/loop_pool.hpp"

namespace robohub::media {

// Held by shared pointers. "[owner]" is the loop of the device.
class PictureStream : public std::enable_shared_from_this<PictureStream> {
 public:
  // A picture older than this is no longer live, and is not served as a still.
  static constexpr Duration kFresh = std::chrono::seconds(3);
  // Interest outlives its last viewer this long, so that a reload or a card that asks for a still each second does not
  // switch the camera off and on.
  static constexpr Duration kLinger = std::chrono::seconds(3);

  PictureStream(net::LoopPool& loops, net::Loop& owner, const Clock& clock);

  // Told on the owner's loop when the source should begin or stop, and when live() changes. Set before use. [owner]
  void onInterest(std::function<void(bool wanted)> fn) { on_interest_ = std::move(fn); }
  void onLive(std::function<void(bool live)> fn) { on_live_ = std::move(fn); }

  // A picture from the source; anything but a JPEG is dropped. False when it was dropped. [owner]
  bool offer(std::string_view jpeg);
  // The source is gone; the newest picture stays until it is no longer fresh. [owner]
  void sourceLost();
  bool wanted() const { return wanted_; }  // [owner]
  bool live() const { return live_; }      // [owner]
  // When the newest picture came, fresh or not; absent before the first. [any-thread]
  std::optional<MonoTime> newestAt() const;

  // Sends the opening, the newest fresh picture, and all that follow until the viewer closes or is closed. `token` is
  // let go of then. [the viewer's loop]
  void addViewer(std::shared_ptr<net::HttpStream> viewer, net::Loop& loop, std::shared_ptr<void> token = nullptr);
  // Closes a viewer and lets go of it at once, whether or not pictures come. [the viewer's loop]
  void closeViewer(net::HttpStream& viewer, net::Loop& loop);
  // The newest fresh picture, or null. Asking counts as interest for kLinger. [any-thread]
  PicturePtr newest();
  // Calls `done` on `loop` with a fresh picture as soon as there is one, or with null after `limit`. [loop]
  void awaitPicture(net::Loop& loop, Duration limit, std::function<void(PicturePtr)> done);

  // There will be no more pictures for anybody: viewers are closed, who waits gets null, and so does whoever comes
  // later. Viewers belong to their loops, so whoever lets go of a stream while loops run ends it first. [any-thread]
  void end();

 private:
  struct Waiter;
  struct Viewer {
    std::shared_ptr<net::HttpStream> stream;
    std::shared_ptr<void> token;
  };
  struct LoopViewers {  // touched only on its loop
    std::vector<Viewer> viewers;
    std::vector<std::shared_ptr<Waiter>> waiters;
  };
  void touchInterest();
  void reviewInterest();
  void setLive(bool live);
  void watchFreshness();
  void deliver(std::size_t loop_index, const PicturePtr& picture);
  void removeEnded(std::size_t loop_index);
  void endOn(std::size_t loop_index);
  PicturePtr fresh() const;

  net::LoopPool& loops_;
  net::Loop& owner_;
  const Clock& clock_;
  std::function<void(bool)> on_interest_, on_live_;
  std::vector<LoopViewers> by_loop_;
  std::vector<std::atomic<std::uint32_t>> counts_;  // viewers and waiters by loop; read by the owner
  std::atomic<std::int64_t> asked_at_ns_{0};        // when a viewer left or a still was asked for
  std::atomic<bool> ended_{false};
  PicturePtr newest_;  // atomic_load / atomic_store
  bool wanted_ = false;
  bool live_ = false;
  bool reviewing_ = false;
  bool watching_freshness_ = false;
};

}  // namespace robohub::media
