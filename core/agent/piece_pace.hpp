// When a piece of a capture may go onto the bulk link. Pictures and sound come first: a piece goes while nothing else
// waits there. But where the line takes less than the camera gives, a picture waits at every moment for as long as
// somebody watches, and captures must reach the hub all the same. So a piece goes ahead of a waiting picture too, never
// two at once, and the next only when as much time has passed as the one before took to leave: captures get half of a
// narrow line at most, and of a wide one what pictures leave. Pure.
#pragma once
#include <algorithm>
#include <optional>

#include "base/time.hpp"

namespace robohub::agent {

class PiecePace {
 public:
  static constexpr Duration kLeast = std::chrono::milliseconds(250);  // between pieces for which pictures wait
  // A piece is seen to have left at the next look only, which may be long after when there was nothing to send.
  static constexpr Duration kMost = std::chrono::seconds(2);

  // Whether one may go now. `idle`: nothing waits on the link; `waits`: a piece does.
  bool mayGo(bool idle, bool waits, MonoTime now) {
    if (waits) return false;
    if (sent_at_) next_ = now + std::clamp(now - *sent_at_, kLeast, kMost);
    sent_at_.reset();
    return idle || now >= next_;
  }
  void went(MonoTime now) { sent_at_ = now; }

 private:
  std::optional<MonoTime> sent_at_;  // of a piece that was not seen to have left yet
  MonoTime next_ = MonoTime::min();
};

}  // namespace robohub::agent
