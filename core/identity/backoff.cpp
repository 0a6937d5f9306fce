#include "identity/backoff.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "identity/secrets.hpp"

namespace robohub::identity {

int Backoff::failures(std::string_view key, MonoTime now) const {
  const auto found = entries_.find(std::string(key));
  return found == entries_.end() || now - found->second.last > rule_.forget_after ? 0 : found->second.failures;
}

Duration Backoff::waitFor(std::string_view key, MonoTime now, Duration longest) const {
  auto found = entries_.find(std::string(key));
  if (found == entries_.end()) return Duration::zero();
  const Entry& entry = found->second;
  int beyond = entry.failures - rule_.free_failures;
  if (beyond <= 0 || now - entry.last > rule_.forget_after) return Duration::zero();
  Duration wait = rule_.first_wait;
  for (int i = 1; i < beyond && wait < rule_.longest_wait; ++i) wait *= 2;
  wait = std::min({wait, rule_.longest_wait, longest});
  return std::max(Duration::zero(), entry.last + wait - now);
}

void Backoff::count(std::string_view key, MonoTime now) {
  while (!by_age_.empty() && now - entries_.at(by_age_.front()).last > rule_.forget_after) clear(by_age_.front());
  auto [found, fresh] = entries_.try_emplace(std::string(key));
  Entry& entry = found->second;
  if (fresh)
    entry.age = by_age_.insert(by_age_.end(), found->first);
  else
    by_age_.splice(by_age_.end(), by_age_, entry.age);
  entry.last = now;
  entry.failures = std::min(entry.failures + 1, 1'000'000);
  if (entries_.size() > rule_.keys) clear(by_age_.front());
}

void Backoff::takeBack(std::string_view key) {
  auto found = entries_.find(std::string(key));
  if (found != entries_.end() && --found->second.failures <= 0) clear(key);
}

void Backoff::clear(std::string_view key) {
  auto found = entries_.find(std::string(key));
  if (found == entries_.end()) return;
  // `key` may be a view of the list's own string.
  auto age = found->second.age;
  entries_.erase(found);
  by_age_.erase(age);
}

std::string addressKey(std::string_view address) {
  std::string text(address.substr(0, 64));
  if (auto zone = text.find('%'); zone != std::string::npos) text.resize(zone);
  in6_addr six{};
  if (::inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    char four[INET_ADDRSTRLEN];
    return ::inet_ntop(AF_INET, six.s6_addr + 12, four, sizeof four);
  }
  return hexOf(std::span<const std::uint8_t>(six.s6_addr, 8)) + "/64";
}

std::string networkKey(std::string_view address) {
  if (isThisMachine(address)) return {};
  std::string key = addressKey(address);
  if (key.ends_with("/64")) key = key.substr(0, 12) + "/48";
  return key;
}

bool isThisMachine(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address == "unix";
}

}  // namespace robohub::identity
