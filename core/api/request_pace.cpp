#include "api/request_pace.hpp"

#include <algorithm>

#include "identity/backoff.hpp"

namespace robohub::api {

namespace {

// In this time both limits are whole again, so nothing is lost with them.
Duration untilWhole(const RequestPace::Limits& limits) {
  const float seconds = std::max(static_cast<float>(limits.at_once) / limits.per_s,
                                 static_cast<float>(limits.guests_at_once) / limits.guests_per_s);
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000) + 1);
}

}  // namespace

bool RequestPace::take(const identity::Person& person, const std::string& address, MonoTime now) {
  const bool guest = person.kind == identity::PersonKind::guest;
  if (limits_.guests_only && !guest) return true;
  Lock lock(mutex_);
  if (const Duration whole = untilWhole(limits_); now - tidied_ > whole) {
    std::erase_if(takers_, [now, whole](const auto& each) { return now - each.second.newest > whole; });
    tidied_ = now;
  }
  if (!takeOne("person " + person.id.str(), limits_.per_s, limits_.at_once, now)) return false;
  // Behind a proxy that is not listed all come from this machine.
  if (!guest || identity::isThisMachine(address)) return true;
  return takeOne("guests of " + identity::addressKey(address), limits_.guests_per_s, limits_.guests_at_once, now);
}

bool RequestPace::takeOne(const std::string& key, float per_s, int at_once, MonoTime now) {
  Taker& taker = takers_.try_emplace(key, Taker{RateLimit(per_s, static_cast<float>(at_once)), now}).first->second;
  taker.newest = now;
  return taker.limit.take(now);
}

std::size_t RequestPace::size() const {
  Lock lock(mutex_);
  return takers_.size();
}

Error tooManyLists() {
  return {ErrorCode::exhausted, "Lists were asked for too often; try again in a moment.", ""};
}

}  // namespace robohub::api
