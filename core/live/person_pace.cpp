#include "live/person_pace.hpp"

namespace robohub::live {

namespace {

// In this time a limit is whole again, so nothing is lost with it.
constexpr Duration kWhole = std::chrono::seconds(PersonPace::kAtOnce);

}  // namespace

bool PersonPace::take(const PersonId& person, MonoTime now) {
  if (now - tidied_ > kWhole) {
    std::erase_if(people_, [now](const auto& each) { return now - each.second.newest > kWhole; });
    tidied_ = now;
  }
  // Whoever can be so many people needs no second time of any of them.
  if (people_.size() >= kMostPeople && !people_.contains(person)) people_.clear();
  Doer& doer = people_.try_emplace(person, Doer{RateLimit(1, static_cast<float>(kAtOnce)), now}).first->second;
  doer.newest = now;
  return doer.limit.take(now);
}

}  // namespace robohub::live
