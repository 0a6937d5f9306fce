// A person's stop is a latch: pressed by whoever may watch, sent until the device confirms it, and over only when the
// device said that exactly the newest one was reset. `confirmed` is shown only for what this device said on the link
// that is up now. Pure.
#pragma once
#include <optional>
#include <string>

#include "control/effects.hpp"

namespace robohub::control {

class StopLatch {
 public:
  StopLatch(StopRecord record, Duration answer_within);

  // Latches. A press while one is latched adds nothing, unless a reset is under way: then it is a new stop that the
  // reset does not cover.
  struct Pressed {
    bool latched_anew = false;
    bool send = false;  // message(), now
  };
  Pressed press(std::string by, std::string reason, std::int64_t at_ms, bool online, MonoTime now);
  // The message of the newest stop.
  link::Stop message() const;

  // A link came up; `at_agent` is what the agent has latched.
  struct Found {
    bool taken_over = false;  // only the agent knew of it: the record is new
    bool send = false;        // message(), now
  };
  Found online(const std::optional<link::StopFacts>& at_agent, std::int64_t at_ms, MonoTime now);
  void offline();
  // The device's answers. True when what is shown has changed.
  bool answered(const link::Stopped& answer);
  bool resetDone(const link::ResetDone& answer);  // true and !latched() when the stop is over
  // The reset to send. Errors: conflict (nothing is stopped), unavailable (offline: the device cannot confirm it).
  Result<link::Reset> reset();

  // True when what is shown has changed (no answer in time).
  bool tick(MonoTime now);
  MonoTime nextDeadline() const { return answer_by_; }

  bool latched() const { return record_.latched; }
  StopView view() const;
  const StopRecord& record() const { return record_; }

 private:
  void awaitAnswer(MonoTime now);

  StopRecord record_;
  const Duration answer_within_;
  StopState state_ = StopState::none;
  bool online_ = false;
  bool resetting_ = false;
  MonoTime answer_by_ = MonoTime::max();
  std::string message_;
};

}  // namespace robohub::control
