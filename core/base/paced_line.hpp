// A log has no limit of its own, so a line about what a stranger may do as often as he likes is told at once, and then
// once a minute, with how often it was meanwhile.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/time.hpp"

namespace robohub {

// Pure. Owned by whoever tells.
class PacedLine {
 public:
  static constexpr Duration kAgain = std::chrono::minutes(1);

  // The line as it is to be told; nothing within a minute of the one before.
  std::optional<std::string> tell(std::string text, MonoTime now) {
    ++times_;
    if (told_at_ && now < *told_at_ + kAgain) return std::nullopt;
    told_at_ = now;
    if (const auto times = std::exchange(times_, 0); times > 1)
      text += " (" + std::to_string(times) + " times since this was told last)";
    return text;
  }

 private:
  std::uint64_t times_ = 0;  // since then
  std::optional<MonoTime> told_at_;
};

}  // namespace robohub
