#include "hw/model/pwm.hpp"

#include <cerrno>

namespace rh::hw::model {

IoStatus Pwm::setHighTime(std::chrono::nanoseconds high) {
  if (high.count() < 0 || high > period_) return IoStatus(EINVAL, name_ + ": high time beyond the period");
  high_ns_ = high.count();
  return {};
}

}  // namespace rh::hw::model
