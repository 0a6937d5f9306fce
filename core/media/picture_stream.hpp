// One stream of pictures of one device: any number of viewers, and the newest picture for whoever asks for a still. A
// viewer that is slow skips to the newest. It knows whether the hub records it, so that everybody who sees its device
// can be told.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "media/capture.hpp"
#include "media/live_stream.hpp"
#include "media/picture.hpp"

namespace robohub::media {

// Held by shared pointers. "[owner]" is the loop of the device.
class PictureStream final : public LiveStream {
 public:
  // A picture older than this is no longer live, and is not served as a still.
  static constexpr Duration kFresh = std::chrono::seconds(3);
  // Interest outlives its last viewer this long, so that a reload or a card that asks for a still each second does not
  // switch the camera off and on.
  static constexpr Duration kLinger = std::chrono::seconds(3);

  PictureStream(net::LoopPool& loops, net::Loop& owner, const Clock& clock);

  // A picture from the source; anything but a JPEG is dropped. False when it was dropped. [owner]
  bool offer(std::string_view jpeg);

  // Sends the opening, the newest fresh picture, and all that follow until the viewer closes or is closed. `token` is
  // let go of then. [the viewer's loop]
  void addViewer(std::shared_ptr<net::HttpStream> viewer, net::Loop& loop, std::shared_ptr<void> token = nullptr);
  // The newest fresh picture, or null. Asking counts as interest for kLinger. [any-thread]
  PicturePtr newest();
  // Calls `done` on `loop` with the newest picture as soon as one comes or is fresh already, or with null after `limit`
  // or when the stream ends. [loop]
  void awaitPicture(net::Loop& loop, Duration limit, std::function<void(PicturePtr)> done);

  // Told on the owner's loop when recording() changes. Set before use. [owner]
  void onRecording(std::function<void()> fn) { on_recording_ = std::move(fn); }
  std::optional<StreamRecording> recording() const { return recording_; }  // [owner]
  // This recording has begun; it is over. Counts once the owner's loop comes to it. [any-thread]
  void recordingBegun(StreamRecording recording);
  void recordingOver(CaptureId capture);

 private:
  struct Waiter;
  void passedOn(std::size_t loop_index) override;
  void endedOn(std::size_t loop_index) override;
  void answer(std::size_t loop_index, const PicturePtr& picture);
  PicturePtr fresh() const;
  void setRecording(std::optional<StreamRecording> recording);

  std::vector<std::vector<std::shared_ptr<Waiter>>> waiters_;  // by loop, each touched only on its loop
  PicturePtr newest_;                                          // atomic_load / atomic_store
  std::function<void()> on_recording_;
  std::optional<StreamRecording> recording_;
};

}  // namespace robohub::media
