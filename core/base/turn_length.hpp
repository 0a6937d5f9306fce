// Which turns of the processor a loop asks for (short_turns.hpp). Pure; owned by its loop.
#pragma once
#include <optional>

#include "base/time.hpp"

namespace robohub {

enum class TurnLength : std::uint8_t { ordinary, brief };

// Short ones, so that it begins soon where something came for it. While it serves a crowd, more than one iteration's
// work, it is itself what keeps a processor busy: short turns would only drive readers on this machine away to other
// processors, and what they read out of this one's caches.
class TurnChoice {
 public:
  static constexpr Duration kCalm = std::chrono::seconds(1);  // without a crowd

  // What to ask for now; null where that is as it was. `crowd`: the iteration that ended left work for the next one.
  std::optional<TurnLength> next(bool crowd, MonoTime now) {
    if (crowd) crowded_ = now;
    const bool serves = crowded_ != MonoTime::min() && now < crowded_ + kCalm;
    const TurnLength wanted = serves ? TurnLength::ordinary : TurnLength::brief;
    if (has_ == wanted) return std::nullopt;
    has_ = wanted;
    return wanted;
  }

 private:
  std::optional<TurnLength> has_;
  MonoTime crowded_ = MonoTime::min();
};

}  // namespace robohub
