#include "hub/clock_steps.hpp"

namespace robohub::hub {

Duration ClockSteps::look(WallTime wall, Duration since_boot) {
  const Duration ahead = wall.time_since_epoch() - since_boot;
  if (!ahead_) ahead_ = ahead;
  const Duration moved = ahead - *ahead_;
  if (moved > kStep || moved < -kStep) {
    step_ = moved;
    stepped_at_ = since_boot;
    ahead_ = ahead;
  }
  if (since_boot - stepped_at_ >= kToldFor) step_ = Duration::zero();
  return step_;
}

}  // namespace robohub::hub
