// Lines for people at the hub: bounded in rate, because a driver that logs in a loop must not fill the control link,
// and kept for a while when the link is down, because that is when things go wrong. Pure: time comes in. Owned by one
// loop.
#pragma once
#include <deque>
#include <vector>

#include "base/time.hpp"
#include "link/messages.hpp"

namespace robohub::agent {

class EventFeed {
 public:
  static constexpr std::size_t kKept = 32;                             // the newest
  static constexpr std::size_t kBurst = 20;                            // at once
  static constexpr Duration kRefill = std::chrono::milliseconds(500);  // then one in this time

  // False when it came too fast and was left out.
  bool add(link::EventLevel level, std::string text, MonoTime now);
  // Takes what waits, oldest first.
  std::vector<link::AgentEvent> takeAll();

 private:
  std::deque<link::AgentEvent> waiting_;
  std::size_t left_ = kBurst;
  MonoTime refilled_ = MonoTime::min();
  std::size_t left_out_ = 0;
};

}  // namespace robohub::agent
