// The captures of one cloudtalker on their way to the disk: what the talk says of them, in its order, one step after
// another. A step that waits for the disk makes it busy, and its sender is then to be held back; so nothing piles up
// here. A segment that cannot be kept is told of once and its bytes are dropped; the others go on.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/captures.hpp"
#include "net/loop.hpp"

namespace robohub::gateway {

// [its loop]. Whoever tells it opens few captures at a time, and ends them. Held by shared pointers: answers of the
// disk may come after its owner has gone.
class CloudtalkerUpload : public std::enable_shared_from_this<CloudtalkerUpload> {
 public:
  static constexpr int kMostParts = 8;  // of one capture

  struct Events {
    std::function<void()> ready;                      // not busy any more; never from within a call
    std::function<void(const std::string&)> trouble;  // a sentence
    std::function<void(std::uint64_t bytes)> kept;    // one more segment is on disk for good
  };
  // `captures` may be null (none are kept here) and must outlive it otherwise.
  CloudtalkerUpload(media::Captures* captures, net::Loop& loop, DeviceId device, Events events);

  bool busy() const { return waiting_ || !steps_.empty(); }

  void openCapture(std::string key, std::string trigger, std::int64_t started_ms);
  // Of a capture that is open.
  void openSegment(std::string key, std::uint32_t number);
  // Only while it is not busy.
  void bytes(std::string_view bytes);
  void endSegment();
  void breakSegment();
  void endCapture(std::string key, std::uint32_t segments);
  // Nobody is told anything any more.
  void forget() { events_ = {}; }

 private:
  using Step = std::function<void()>;
  struct Capture {
    media::CaptureStart start;
    int part = 1;
    std::uint32_t base = 0;                // the number of this part's first segment
    std::optional<media::CaptureId> id{};  // of this part, once it is begun
    std::string partKey() const { return part == 1 ? start.key : start.key + "-" + std::to_string(part); }
  };
  using Segments = std::vector<media::CaptureSegment>;
  void then(Step step);
  void next();
  void resume();
  // `done` on the loop, unless we are gone.
  template <class Answer>
  std::function<void(Answer)> onLoop(std::function<void(Answer)> done);
  void trouble(const std::string& what, const Error& why);
  void begin(const std::string& key, std::function<void(const Status&)> done);
  void openWriter();
  void divert(const Error& why);
  void nextPart(const Segments& here, const Error& why);
  void dropSegment(const Error& why);
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
  std::map<std::string, Capture> open_;  // by the keys that the camera knows
  std::string key_;                      // of the capture of the segment that is open
  std::optional<std::uint32_t> number_;  // of that segment; empty: its bytes are dropped
  std::string held_;                     // of it, not with the writer yet: at most one message
  std::uint64_t offset_ = 0;             // of what the writer has
  std::shared_ptr<media::SegmentWriter> writer_;
  std::uint64_t generation_ = 0;  // of the writer: answers of a former one count no more
  bool writable_ = false;         // it has said that it is open
};

}  // namespace robohub::gateway
