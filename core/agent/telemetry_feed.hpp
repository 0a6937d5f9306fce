// What the driver publishes, as the hub may have it: only declared channels, only values that fit their schema, no more
// often than declared; a value that waits is replaced by a newer one. The newest of each channel is kept for the next
// connection. Pure: time comes in. Owned by one loop.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "link/messages.hpp"
#include "plugin/manifest.hpp"

namespace robohub::agent {

class TelemetryFeed {
 public:
  // `type` must outlive it.
  explicit TelemetryFeed(const plugin::DeviceType& type);

  // A refused value yields a sentence for the log, at most once a minute for each channel.
  std::optional<std::string> publish(std::string_view channel, const std::string& json, std::int64_t t_ns,
                                     MonoTime now);
  // Takes what may be sent now.
  std::vector<link::Telemetry> takeDue(MonoTime now);
  MonoTime nextDue() const;  // MonoTime::max() when nothing waits
  // A new connection: the newest value of each channel is due again, at once.
  void sendAgain();

 private:
  struct Slot {
    const plugin::Channel* channel;
    Duration interval;
    std::string json;  // newest; empty: none yet
    std::int64_t t_ns = 0;
    bool waiting = false;
    MonoTime allowed = MonoTime::min();   // not before
    MonoTime complain = MonoTime::min();  // not before
  };
  std::vector<Slot> slots_;
  MonoTime complain_unknown_ = MonoTime::min();
};

}  // namespace robohub::agent
