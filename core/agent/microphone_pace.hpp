// How fast is taken what a microphone gives. A sound card has a clock of its own, which may be ahead of ours by some
// hundred parts in a million: held to exactly our time, what it is ahead by piles up in its buffer until that overruns,
// once in an hour or so. A device without any clock (a file, say) has to be held back all the same. So a chunk may come
// a hundredth sooner than its length says, which is beyond every card and near enough to the rate. Pure.
#pragma once
#include <algorithm>

#include "base/time.hpp"

namespace robohub::agent {

class MicrophonePace {
 public:
  static constexpr Duration kAhead = std::chrono::milliseconds(200);  // how much may come sooner than that

  MicrophonePace(Duration chunk, MonoTime now) : least_(chunk - chunk / 100), due_(now) {}

  // A chunk was taken; so long is to be waited before the next one.
  Duration taken(MonoTime now) {
    // Who was late may catch up with what has waited meanwhile, and no further.
    due_ = std::max(due_ + least_, now - kAhead);
    return std::max(due_ - now - kAhead, Duration::zero());
  }

 private:
  const Duration least_;
  MonoTime due_;
};

}  // namespace robohub::agent
