// What an agent's bulk link brings of captures, on its way into media::Captures (docs/PROTOCOL.md, section 3.3). The
// agent is trusted with nothing: a segment at a time, never more than the window ahead, a bounded number of captures
// under way; whatever is not taken is answered with a reason.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "link/messages.hpp"
#include "media/captures.hpp"
#include "net/loop.hpp"

namespace robohub::gateway {

// All [loop].
class CaptureIntake final : public std::enable_shared_from_this<CaptureIntake> {
 public:
  static constexpr std::size_t kMaxCaptures = 64;  // of one link, begun and not ended

  struct Ways {
    std::function<void(const link::HubMessage&)> say;
    std::function<void(const std::string& why)> cut;  // the agent breaks the rules: close the link
  };
  // `captures` may be null: nothing is kept here. It outlives the loop otherwise.
  CaptureIntake(net::Loop& loop, media::Captures* captures, DeviceId device, Ways ways)
      : loop_(loop), captures_(captures), device_(std::move(device)), ways_(std::move(ways)) {}

  void take(const link::CaptureBegin& begin);
  void take(const link::SegmentReady& segment);
  void take(const link::CaptureEnd& end);
  // A binary message that is a piece.
  void piece(std::string_view message);
  // The link is over.
  void end();

 private:
  using Waiting = std::variant<link::SegmentReady, link::CaptureEnd>;
  struct Capture {
    std::optional<Result<media::CaptureId>> id;  // once it is begun, or was refused
    std::deque<Waiting> waiting;                 // for that
  };
  struct Current {
    link::SegmentReady segment;
    std::shared_ptr<media::SegmentWriter> writer;
    std::optional<std::uint64_t> offset;  // what comes next; absent before the writer is open
    std::uint64_t told = 0;               // what the agent was told that we have
    bool finishing = false;
  };
  template <class Message>
  void sort(const Message& message);
  void carry(const link::SegmentReady& segment, media::CaptureId id) { begin(segment, id); }
  void carry(const link::CaptureEnd& over, media::CaptureId id) { end(over, id); }
  bool isOver(const Capture& capture) const;
  void begun(const std::string& key, const Result<media::CaptureId>& id);
  void begin(const link::SegmentReady& segment, media::CaptureId id);
  void end(const link::CaptureEnd& end, media::CaptureId id);
  void progressed(std::uint64_t generation, const Result<std::uint64_t>& offset);
  void finishWhenComplete();
  void refuse(const link::SegmentReady& segment, const Error& error);
  void refuse(const link::CaptureEnd& end, const Error& error);
  void stopCurrent();

  net::Loop& loop_;
  media::Captures* const captures_;
  const DeviceId device_;
  const Ways ways_;
  bool over_ = false;
  std::map<std::string, Capture> open_;
  std::uint64_t generation_ = 0;  // of current_
  std::optional<Current> current_;
};

}  // namespace robohub::gateway
