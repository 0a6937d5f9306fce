// A token bucket: so many a second, with a burst. Pure; owned by whoever counts.
#pragma once
#include <algorithm>

#include "base/time.hpp"

namespace robohub {

class RateLimit {
 public:
  RateLimit(float per_s, float burst) : per_s_(per_s), burst_(burst), tokens_(burst) {}

  // False when this one is too many.
  bool take(MonoTime now) {
    if (last_ != MonoTime{})
      tokens_ = std::min<double>(burst_, tokens_ + std::chrono::duration<double>(now - last_).count() * per_s_);
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  const float per_s_, burst_;  // of each of ten thousand sockets
  double tokens_;
  MonoTime last_{};
};

}  // namespace robohub
