#include "api/snapshot_pace.hpp"

#include "identity/backoff.hpp"

namespace robohub::api {

namespace {

// In this time any of the limits is whole again, so nothing is lost with it.
constexpr Duration kWhole = std::chrono::seconds(SnapshotPace::kAtOnce);

}  // namespace

bool SnapshotPace::take(const identity::Person& person, const std::string& address, MonoTime now) {
  Lock lock(mutex_);
  if (now - tidied_ > kWhole) {
    std::erase_if(takers_, [now](const auto& each) { return now - each.second.newest > kWhole; });
    tidied_ = now;
  }
  if (!takeOne("person " + person.id.str(), 1, kAtOnce, now)) return false;
  // Behind a proxy that is not listed all come from this machine.
  if (person.kind != identity::PersonKind::guest || identity::isThisMachine(address)) return true;
  return takeOne("guests of " + identity::addressKey(address), 3, kAtOnceOfGuests, now);
}

bool SnapshotPace::takeOne(const std::string& key, float per_s, int at_once, MonoTime now) {
  Taker& taker = takers_.try_emplace(key, Taker{RateLimit(per_s, static_cast<float>(at_once)), now}).first->second;
  taker.newest = now;
  return taker.limit.take(now);
}

std::size_t SnapshotPace::size() const {
  Lock lock(mutex_);
  return takers_.size();
}

}  // namespace robohub::api
