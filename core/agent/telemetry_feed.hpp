// What the driver publishes, as the hub may have it: only declared channels, only values that fit their schema, no more
// often than declared; a value that waits is replaced by a newer one, good or not. The newest of each channel that was
// read and good is kept for the next connection. A value is read only when it is due: a driver may publish as fast and
// as much as it likes, and the loop that takes it in has a stop to hear. Pure: time comes in. Owned by one loop.
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

  // Puts it, unread, in the place of the one that waits. A refused value (no such channel, too large) yields a sentence
  // for the log, at most once a minute for each channel.
  std::optional<std::string> publish(std::string_view channel, const std::string& json, std::int64_t t_ns,
                                     MonoTime now);
  struct Due {
    std::vector<link::Telemetry> values;
    std::vector<std::string> complaints;  // about values that were due and are refused, as publish()
  };
  // Takes what may be sent now.
  Due takeDue(MonoTime now);
  MonoTime nextDue() const;  // MonoTime::max() when nothing waits
  // A new connection: the newest value of each channel is due again, at once.
  void sendAgain();

 private:
  struct Slot {
    const plugin::Channel* channel = nullptr;
    Duration interval{};
    std::string json;  // the newest that was read and good; empty: none yet
    std::int64_t t_ns = 0;
    std::string unread;  // newer than that; empty: none
    std::int64_t unread_t_ns = 0;
    bool again = false;                   // json is due once more
    MonoTime allowed = MonoTime::min();   // not before
    MonoTime complain = MonoTime::min();  // not before

    bool waits() const { return again || !unread.empty(); }
    // Adopts what is unread. Errors: it does not fit.
    Status read();
    // Nothing within a minute of the one before.
    std::optional<std::string> complaint(const Error& error, MonoTime now);
  };
  std::vector<Slot> slots_;
  MonoTime complain_unknown_ = MonoTime::min();
};

}  // namespace robohub::agent
