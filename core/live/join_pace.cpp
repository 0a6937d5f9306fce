#include "live/join_pace.hpp"

namespace robohub::live {

namespace {

// In this time a limit is whole again, so nothing is lost with it.
constexpr Duration kWhole = std::chrono::seconds(JoinPace::kAtOnce);

}  // namespace

bool JoinPace::take(const PersonId& person, MonoTime now) {
  if (now - tidied_ > kWhole) {
    std::erase_if(people_, [now](const auto& each) { return now - each.second.newest > kWhole; });
    tidied_ = now;
  }
  // Whoever can be so many people needs no second place of any of them.
  if (people_.size() >= kMostPeople && !people_.contains(person)) people_.clear();
  Joiner& joiner = people_.try_emplace(person, Joiner{RateLimit(1, static_cast<float>(kAtOnce)), now}).first->second;
  joiner.newest = now;
  return joiner.limit.take(now);
}

}  // namespace robohub::live
