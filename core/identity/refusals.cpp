#include "identity/refusals.hpp"

#include <utility>

namespace robohub::identity {

bool Refusals::ready(const std::string& key, MonoTime now) const {
  auto found = written_.find(key);
  return found == written_.end() || now - found->second->second >= kApart;
}

void Refusals::wrote(const std::string& key, MonoTime now) {
  if (auto found = written_.find(key); found != written_.end()) {
    by_age_.erase(found->second);
    written_.erase(found);
  }
  written_[key] = by_age_.insert(by_age_.end(), {key, now});
  if (written_.size() > kKeys) {
    written_.erase(by_age_.front().first);
    by_age_.pop_front();
  }
}

std::optional<Refusals::Line> Refusals::note(const std::string& username, const std::string& address, MonoTime now) {
  const std::string account_key = "u " + username, address_key = "a " + address;
  if ((newest_ && now - *newest_ < kAllApart) || !ready(account_key, now) || !ready(address_key, now)) {
    ++left_out_;
    last_left_out_ = now;
    return std::nullopt;
  }
  newest_ = now;
  wrote(account_key, now);
  wrote(address_key, now);
  return Line{username, address, std::exchange(left_out_, 0)};
}

std::optional<Refusals::Line> Refusals::rest(MonoTime now) {
  if (left_out_ == 0 || now - last_left_out_ < kApart) return std::nullopt;
  return Line{"", "", std::exchange(left_out_, 0)};
}

}  // namespace robohub::identity
