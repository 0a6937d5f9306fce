// How often one person may do what keeps others busy. Each place in a device's line that is taken or given back is told
// to everybody who watches, and a turn that begins or ends to the device and the log; each time that the line is held
// or let go is an entry of the audit beside that. Leaving is never refused; who takes few places leaves few.
#pragma once
#include <cstddef>
#include <map>

#include "base/ids.hpp"
#include "base/rate_limit.hpp"

namespace robohub::live {

// Pure. Owned by the device's loop.
class PersonPace {
 public:
  static constexpr int kAtOnce = 20;  // then one a second
  static constexpr std::size_t kMostPeople = 4096;

  // False: too many by this person.
  bool take(const PersonId& person, MonoTime now);
  // Of how many people anything is remembered.
  std::size_t size() const { return people_.size(); }

 private:
  struct Doer {
    RateLimit limit;
    MonoTime newest;
  };
  std::map<PersonId, Doer> people_;
  MonoTime tidied_{};
};

}  // namespace robohub::live
