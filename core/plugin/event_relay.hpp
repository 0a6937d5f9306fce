// Carries a driver's events to the agent's loop, bounded: answers and halts always; telemetry and log lines while the
// loop keeps up, then the newest of each channel; of each stream so many frames as it may keep (of pictures the
// newest); captures are counted for whoever ends a driver that floods them. Ends with shut(), whatever the loop still
// has in its inbox.
#pragma once
#include <algorithm>
#include <atomic>
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
  // As send(), of what nobody has asked for. False: so many of these wait for the loop that it is not taken.
  bool sendCounted(Deliver deliver) {
    if (state_->counted.fetch_add(1) >= kMaxCounted) {
      --state_->counted;
      return false;
    }
    post_([state = state_, deliver = std::move(deliver)] {
      --state->counted;
      if (state->events) deliver(*state->events);
    });
    return true;
  }
  // Of these at most kMaxLossy, of so many bytes, wait for the loop. One more takes the place of the oldest of its own
  // kind (a channel's name, or empty for log lines), so that a flood on one channel costs no other channel its newest
  // value; where large values of several channels wait, that of the oldest of all.
  void sendLossy(const std::string& kind, std::size_t bytes, Deliver deliver) {
    {
      Lock lock(state_->mutex);
      auto& waiting = state_->lossy;
      waiting.push_back({kind, bytes, std::move(deliver)});
      state_->lossy_bytes += bytes;
      while (waiting.size() > kMaxLossy || (state_->lossy_bytes > kMaxLossyBytes && waiting.size() > 1)) {
        auto out = std::find_if(waiting.begin(), waiting.end() - 1, [&](const Lossy& w) { return w.kind == kind; });
        if (out == waiting.end() - 1) out = waiting.begin();
        state_->lossy_bytes -= out->bytes;
        waiting.erase(out);
      }
      if (state_->under_way >= waiting.size()) return;  // one delivery for each that waits
      ++state_->under_way;
    }
    post_([state = state_] {
      Lock lock(state->mutex);
      --state->under_way;
      if (state->lossy.empty()) return;
      const Deliver next = std::move(state->lossy.front().deliver);
      state->lossy_bytes -= state->lossy.front().bytes;
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
  static constexpr std::size_t kMaxLossyBytes = 4 << 20;
  static constexpr std::size_t kMaxCounted = 8192;
  struct Lossy {
    std::string kind;
    std::size_t bytes = 0;
    Deliver deliver;
  };
  struct Frame {
    SharedBytes bytes;
    std::int64_t t_ns = 0;
  };
  struct State {
    explicit State(DriverEvents& to) : events(&to) {}
    DriverEvents* events;  // only on the loop
    Mutex mutex;
    std::atomic<std::size_t> counted{0};
    std::deque<Lossy> lossy RH_GUARDED_BY(mutex);
    std::size_t lossy_bytes RH_GUARDED_BY(mutex) = 0;
    std::size_t under_way RH_GUARDED_BY(mutex) = 0;  // deliveries of lossy ones
    std::map<std::string, std::deque<Frame>> frames RH_GUARDED_BY(mutex);
  };
  std::shared_ptr<State> state_;
  Post post_;
};

}  // namespace robohub::plugin
