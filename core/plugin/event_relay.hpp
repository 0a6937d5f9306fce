// Carries a driver's events to the agent's loop, bounded: answers and halts always; telemetry and log lines while the
// loop keeps up, then the newest of each channel; of each stream so many frames as it may keep (of pictures the
// newest). Ends with shut(), whatever the loop still has in its inbox.
#pragma once
#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.hpp"
#include "plugin/driver_host.hpp"

namespace robohub::plugin {

// [any-thread] but for shut().
class EventRelay {
 public:
  EventRelay(DriverEvents& events, Post post) : state_(std::make_shared<State>(events)), post_(std::move(post)) {}

  using Deliver = std::function<void(DriverEvents&)>;
  void send(Deliver deliver) {
    post_([state = state_, deliver = std::move(deliver)] {
      if (state->events) deliver(*state->events);
    });
  }
  // Of these at most kMaxLossy wait for the loop. One more takes the place of the oldest of its own kind (a channel's
  // name, or empty for log lines), so that a flood on one channel costs no other channel its newest value.
  void sendLossy(const std::string& kind, Deliver deliver) {
    {
      Lock lock(state_->mutex);
      auto& waiting = state_->lossy;
      waiting.emplace_back(kind, std::move(deliver));
      if (waiting.size() > kMaxLossy) {
        auto oldest = std::find_if(waiting.begin(), waiting.end() - 1, [&](const auto& w) { return w.first == kind; });
        waiting.erase(oldest == waiting.end() - 1 ? waiting.begin() : oldest);
        return;  // as many deliveries are under way as wait
      }
    }
    post_([state = state_] {
      Lock lock(state->mutex);
      if (state->lossy.empty()) return;
      const Deliver next = std::move(state->lossy.front().second);
      state->lossy.pop_front();
      lock.unlock();
      if (state->events) next(*state->events);
    });
  }
  // `kept`: how many of this stream may wait, at least 1; the oldest makes room.
  void sendFrame(const std::string& stream, SharedBytes bytes, std::int64_t t_ns, std::size_t kept = 1) {
    {
      Lock lock(state_->mutex);
      auto& waiting = state_->frames[stream];
      waiting.push_back({std::move(bytes), t_ns});
      if (waiting.size() > kept) {
        waiting.pop_front();
        return;  // as many deliveries are under way as wait
      }
    }
    post_([state = state_, stream] {
      Frame frame;
      {
        Lock lock(state->mutex);
        const auto at = state->frames.find(stream);
        if (at == state->frames.end() || at->second.empty()) return;
        frame = std::move(at->second.front());
        at->second.pop_front();
        if (at->second.empty()) state->frames.erase(at);
      }
      if (state->events) state->events->onFrame(stream, std::move(frame.bytes), frame.t_ns);
    });
  }
  // No event is delivered afterwards. Only on the loop.
  void shut() { state_->events = nullptr; }

 private:
  static constexpr std::size_t kMaxLossy = 1024;
  struct Frame {
    SharedBytes bytes;
    std::int64_t t_ns = 0;
  };
  struct State {
    explicit State(DriverEvents& to) : events(&to) {}
    DriverEvents* events;  // only on the loop
    Mutex mutex;
    std::deque<std::pair<std::string, Deliver>> lossy RH_GUARDED_BY(mutex);
    std::map<std::string, std::deque<Frame>> frames RH_GUARDED_BY(mutex);
  };
  std::shared_ptr<State> state_;
  Post post_;
};

}  // namespace robohub::plugin
