#include "control/epoch_source.hpp"

#include <algorithm>

namespace robohub::control {

Epoch EpochSource::take() {
  return next_ <= reserved_ ? next_++ : 0;
}

std::optional<Epoch> EpochSource::wanted(bool somebody_is_due, MonoTime now) {
  if (retry_at_ != MonoTime::max()) {
    if (now < retry_at_) return std::nullopt;
    retry_at_ = MonoTime::max();
  }
  const Epoch left = next_ <= reserved_ ? reserved_ - next_ + 1 : 0;
  if (asked_ || left > kLow || (left == 0 && !somebody_is_due)) return std::nullopt;
  const Epoch up_to = std::max(reserved_, next_ - 1) + kBlock;
  if (up_to > kHighest) return std::nullopt;
  asked_ = true;
  return up_to;
}

void EpochSource::reserved(Epoch up_to) {
  asked_ = false;
  reserved_ = std::max(reserved_, up_to);
}

void EpochSource::failed(MonoTime retry_at) {
  asked_ = false;
  retry_at_ = retry_at;
}

void EpochSource::raiseAbove(Epoch seen) {
  next_ = std::max(next_, std::min(seen, kBelieved) + 1);
}

}  // namespace robohub::control
