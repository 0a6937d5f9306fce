// Carries a driver's events to the agent's loop, bounded: answers and halts always; telemetry and log lines while the
// loop keeps up; of pictures the newest of each stream. Ends with shut(), whatever the loop still has in its inbox.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

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
  // Dropped while kMaxLossy of them wait for the loop.
  void sendLossy(Deliver deliver) {
    if (state_->lossy.fetch_add(1) >= kMaxLossy) {
      --state_->lossy;
      return;
    }
    post_([state = state_, deliver = std::move(deliver)] {
      --state->lossy;
      if (state->events) deliver(*state->events);
    });
  }
  void sendFrame(const std::string& stream, SharedBytes jpeg, std::int64_t t_ns) {
    {
      std::lock_guard lock(state_->mutex);
      auto [slot, fresh] = state_->frames.insert_or_assign(stream, Frame{std::move(jpeg), t_ns});
      if (!fresh) return;  // its delivery is under way already, and will find this one
    }
    post_([state = state_, stream] {
      Frame frame;
      {
        std::lock_guard lock(state->mutex);
        auto node = state->frames.extract(stream);
        if (node.empty()) return;
        frame = std::move(node.mapped());
      }
      if (state->events) state->events->onFrame(stream, std::move(frame.jpeg), frame.t_ns);
    });
  }
  // No event is delivered afterwards. Only on the loop.
  void shut() { state_->events = nullptr; }

 private:
  static constexpr int kMaxLossy = 1024;
  struct Frame {
    SharedBytes jpeg;
    std::int64_t t_ns = 0;
  };
  struct State {
    explicit State(DriverEvents& to) : events(&to) {}
    DriverEvents* events;  // only on the loop
    std::atomic<int> lossy{0};
    std::mutex mutex;  // guards frames
    std::map<std::string, Frame> frames;
  };
  std::shared_ptr<State> state_;
  Post post_;
};

}  // namespace robohub::plugin
