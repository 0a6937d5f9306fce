// How often one person may take a place in a device's line. Each place that is taken or given back is told to everybody
// who watches, and a turn that begins or ends to the device and the log: whoever did so a thousand times a second would
// keep all of them busy. Leaving is never refused; who takes few places leaves few.
#pragma once
#include <cstddef>
#include <map>

#include "base/ids.hpp"
#include "base/rate_limit.hpp"

namespace robohub::live {

// Pure. Owned by the device's loop.
class JoinPace {
 public:
  static constexpr int kAtOnce = 20;  // then one a second
  static constexpr std::size_t kMostPeople = 4096;

  // False: too many by this person.
  bool take(const PersonId& person, MonoTime now);
  // Of how many people anything is remembered.
  std::size_t size() const { return people_.size(); }

 private:
  struct Joiner {
    RateLimit limit;
    MonoTime newest;
  };
  std::map<PersonId, Joiner> people_;
  MonoTime tidied_{};
};

}  // namespace robohub::live
