#include "agent/event_feed.hpp"

#include "agent/clean_text.hpp"

namespace robohub::agent {

bool EventFeed::add(link::EventLevel level, std::string text, MonoTime now) {
  if (left_ == kBurst) {
    refilled_ = now;
  } else {
    const auto earned = static_cast<std::size_t>((now - refilled_) / kRefill);
    left_ = std::min(kBurst, left_ + earned);
    refilled_ += kRefill * static_cast<Duration::rep>(earned);
  }
  if (left_ == 0) {
    ++left_out_;
    return false;
  }
  --left_;
  text = cleanText(text);
  if (left_out_ > 0) text += " (" + std::to_string(left_out_) + " lines before it were left out)";
  left_out_ = 0;
  if (waiting_.size() == kKept) waiting_.pop_front();
  waiting_.push_back({level, std::move(text)});
  return true;
}

std::vector<link::AgentEvent> EventFeed::takeAll() {
  std::vector<link::AgentEvent> all(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  return all;
}

}  // namespace robohub::agent
