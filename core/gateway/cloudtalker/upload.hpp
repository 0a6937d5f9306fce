// The captures of one cloudtalker on their way to the disk: what the talk says of them, in its order, one step after
// another. A step that waits for the disk makes it busy, and its sender is then to be held back; so nothing piles up
// here. A segment that cannot be kept is told of once and its bytes are dropped; the others go on.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "media/captures.hpp"
#include "net/loop.hpp"

namespace robohub::gateway {

// [its loop]. Held by shared pointers: answers of the disk may come after its owner has gone.
class CloudtalkerUpload : public std::enable_shared_from_this<CloudtalkerUpload> {
 public:
  struct Events {
    std::function<void()> ready;                      // not busy any more; never from within a call
    std::function<void(const std::string&)> trouble;  // a sentence
    std::function<void(std::uint64_t bytes)> kept;    // one more segment is on disk for good
  };
  // `captures` may be null (none are kept here) and must outlive it otherwise.
  CloudtalkerUpload(media::Captures* captures, net::Loop& loop, DeviceId device, Events events);

  bool busy() const { return waiting_ || !steps_.empty(); }

  void openCapture(std::string key, std::string trigger, std::int64_t started_ms);
  void openSegment(std::uint32_t number);
  // Only while it is not busy.
  void bytes(std::string_view bytes);
  void endSegment();
  void breakSegment();
  void endCapture(std::uint32_t segments);
  // Nobody is told anything any more.
  void forget() { events_ = {}; }

 private:
  using Step = std::function<void()>;
  void then(Step step);
  void next();
  void resume();
  void trouble(const std::string& what, const Error& why);
  void begin(const media::CaptureStart& start);
  void openWriter();
  void write();
  void progressed(std::uint64_t generation, const Result<std::uint64_t>& offset);
  void finish();

  media::Captures* const captures_;
  net::Loop& loop_;
  const DeviceId device_;
  Events events_;
  std::deque<Step> steps_;
  bool waiting_ = false;  // for an answer of the disk
  bool stepping_ = false;
  std::optional<media::CaptureId> capture_;
  std::optional<std::uint32_t> number_;  // of the segment that is open; empty: its bytes are dropped
  std::string held_;                     // of it, not with the writer yet: at most one message
  std::uint64_t offset_ = 0;             // of what the writer has
  std::shared_ptr<media::SegmentWriter> writer_;
  std::uint64_t generation_ = 0;  // of the writer: answers of a former one count no more
  bool writable_ = false;         // it has said that it is open
};

}  // namespace robohub::gateway
