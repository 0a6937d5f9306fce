// The hub's side of the talk with one cloudtalker, without sockets, disks and clocks. It answers EVERY text with where
// it stands, so a hub that answered a state without need would talk with it for ever: what is to change is said once
// after its first state, on a command, and again only after a good while. Its segments have no end of their own, states
// come in the midst of them, captures begin without a beginning and end without an end. So one that begins ends those
// that are open; but one that such a beginning has ended and that goes on is another program's: it is opened again,
// beside the others.
//
// Time comes in. Not thread-safe.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "gateway/cloudtalker/messages.hpp"
#include "link/messages.hpp"

namespace robohub::gateway {

// How the camera is meant to be.
struct TalkerWish {
  std::int64_t id = 1;
  std::int64_t heartbeat_s = 10;
  bool armed = false;
};

namespace talk {

struct Say {  // a text for the camera
  std::string text;
};
struct Known {};  // its state or that of its captures has changed: see armed(), capturing(), segments()
struct Alarm {
  std::int64_t at_ms = 0;
};
struct CaptureOpens {
  std::string key, trigger;
  std::int64_t started_ms = 0;
};
struct SegmentOpens {
  std::string key;  // of its capture, which is open
  std::uint32_t number = 0;
};
struct SegmentEnds {};    // it is whole
struct SegmentBreaks {};  // the link is lost in the midst of it
struct CaptureEnds {
  std::string key;
  std::uint32_t segments = 0;  // so many belong to it, numbered from 0
};
struct RunEnds {
  std::uint64_t run = 0;
  link::Outcome outcome;
};
struct Odd {  // what makes no sense, for the log
  std::string sentence;
};
using Effect =
    std::variant<Say, Known, Alarm, CaptureOpens, SegmentOpens, SegmentEnds, SegmentBreaks, CaptureEnds, RunEnds, Odd>;
using Effects = std::vector<Effect>;

}  // namespace talk

class CloudTalk {
 public:
  // How long the camera has to confirm a command, and after which time what it did not take is said again.
  static constexpr Duration kConfirm = std::chrono::seconds(10);
  static constexpr Duration kSayAgain = std::chrono::seconds(60);
  // Captures of programs that send at the same time. The one that was silent longest ends for one more.
  static constexpr std::size_t kMostOpen = 4;

  explicit CloudTalk(const TalkerWish& wish) : wish_(wish) {}

  void onText(std::string_view text, MonoTime now, talk::Effects& out);
  // Whether these bytes belong to a segment that is open; if not, they are dropped.
  bool onBinary(std::size_t bytes, talk::Effects& out);
  void onLost(talk::Effects& out);

  // A RunEnds for `run` follows, at the latest after kConfirm. A newer wish ends an older one's run.
  void arm(bool armed, std::uint64_t run, MonoTime now, talk::Effects& out);
  void capture(std::uint64_t run, MonoTime now, talk::Effects& out);
  // Its run is over already.
  void forget(std::uint64_t run);
  // The configuration has changed.
  void setHeartbeat(std::int64_t heartbeat_s, MonoTime now, talk::Effects& out);

  void tick(MonoTime now, talk::Effects& out);
  MonoTime nextDeadline() const;

  bool heard() const { return reported_.has_value(); }  // it has said where it stands
  bool armed() const { return reported_ && reported_->armed; }
  bool capturing() const { return !open_.empty(); }
  std::uint32_t segments() const { return open_.empty() ? 0 : open_.front().segments; }
  const TalkerWish& wish() const { return wish_; }

 private:
  struct Waiting {
    std::uint64_t run = 0;
    MonoTime until{};
  };
  struct Open {
    std::string key;
    std::uint32_t segments = 0;
  };
  void onState(const TalkerState& state, MonoTime now, talk::Effects& out);
  void onCapture(const TalkerCapture& capture, talk::Effects& out);
  void sayDifferences(MonoTime now, talk::Effects& out);
  void say(const TalkerChange& change, talk::Effects& out);
  void endSegment(talk::Effects& out);
  void endCapture(std::size_t at, talk::Effects& out);
  void openCapture(const TalkerCapture& capture, talk::Effects& out);

  TalkerWish wish_;
  std::optional<TalkerState> reported_;
  std::optional<bool> told_armed_;  // the newest that it was told, on this link
  MonoTime said_at_ = MonoTime::min();
  std::optional<Waiting> arming_, capturing_;
  bool capture_flag_ = false;    // what it was told last; counts while capturing_ waits
  std::deque<Open> open_;        // the one heard of last is the first
  bool in_segment_ = false;      // of that one
  std::deque<std::string> cut_;  // keys of captures that the beginning of others has ended
  std::uint64_t stray_bytes_ = 0;
};

}  // namespace robohub::gateway
