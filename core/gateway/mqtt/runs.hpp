// Commands that wait for a device's answer, each with the time when waiting ends. [one loop]
#pragma once
#include <functional>
#include <map>

#include "net/loop.hpp"

namespace robohub::gateway {

class MqttRuns {
 public:
  // `expired` is called once, unless take() comes first. `patience` from now.
  void add(net::Loop& loop, std::uint64_t run, Duration patience, std::function<void()> expired) {
    loop_ = &loop;
    timers_[run] = loop.after(std::max(patience, Duration::zero()), [this, run, expired = std::move(expired)] {
      timers_.erase(run);
      expired();
    });
  }
  // False: nobody waits for it (any more).
  bool take(std::uint64_t run) {
    const auto at = timers_.find(run);
    if (at == timers_.end()) return false;
    loop_->cancel(at->second);
    timers_.erase(at);
    return true;
  }
  void clear() {
    for (const auto& [run, timer] : timers_) loop_->cancel(timer);
    timers_.clear();
  }
  std::size_t size() const { return timers_.size(); }

 private:
  net::Loop* loop_ = nullptr;
  std::map<std::uint64_t, net::TimerId> timers_;
};

}  // namespace robohub::gateway
