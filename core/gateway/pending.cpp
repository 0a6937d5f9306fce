#include "gateway/pending.hpp"

#include <algorithm>

namespace robohub::gateway {

Result<std::uint64_t> Pending::offer(PendingDevice device, Accepted accepted, Refused refused) {
  Lock lock(mutex_);
  const Key key{device.link, device.foreign_id};
  const MonoTime now = clock_.now();
  std::erase_if(refused_until_, [&](const auto& each) { return each.second <= now; });
  if (refused_until_.contains(key))
    return fail(ErrorCode::permission_denied, "An administrator has refused this device within the last day.");
  const auto at = waiting_.find(key);
  if (at == waiting_.end() && waiting_.size() >= kMost)
    return fail(ErrorCode::exhausted, "Too many devices wait to be accepted.");
  device.since_ms = at == waiting_.end() ? toMs(clock_.wall()) : at->second.device.since_ms;
  const std::uint64_t ticket = ++tickets_;
  waiting_[key] = {std::move(device), ticket, std::move(accepted), std::move(refused)};
  return ticket;
}

void Pending::withdraw(std::uint64_t ticket) {
  Lock lock(mutex_);
  std::erase_if(waiting_, [&](const auto& each) { return each.second.ticket == ticket; });
}

std::vector<PendingDevice> Pending::all() const {
  Lock lock(mutex_);
  std::vector<PendingDevice> list;
  for (const auto& [key, entry] : waiting_) list.push_back(entry.device);
  return list;
}

Result<PendingDevice> Pending::find(device::Link link, std::string_view foreign_id) const {
  Lock lock(mutex_);
  const auto at = waiting_.find({link, std::string(foreign_id)});
  if (at == waiting_.end()) return fail(ErrorCode::not_found, "No such device waits to be accepted.");
  return at->second.device;
}

void Pending::accept(device::Link link, std::string_view foreign_id, const DeviceId& device) {
  Accepted tell;
  {
    Lock lock(mutex_);
    auto entry = waiting_.extract({link, std::string(foreign_id)});
    if (!entry.empty()) tell = std::move(entry.mapped().accepted);
  }
  if (tell) tell(device);
}

Status Pending::refuse(device::Link link, std::string_view foreign_id) {
  Refused tell;
  {
    Lock lock(mutex_);
    auto entry = waiting_.extract({link, std::string(foreign_id)});
    if (entry.empty()) return fail(ErrorCode::not_found, "No such device waits to be accepted.");
    tell = std::move(entry.mapped().refused);
    // Bounded as the waiting list is; the oldest refusal is the first to be forgotten.
    if (refused_until_.size() >= kMost)
      refused_until_.erase(std::min_element(refused_until_.begin(), refused_until_.end(),
                                            [](const auto& a, const auto& b) { return a.second < b.second; }));
    refused_until_[{link, std::string(foreign_id)}] = clock_.now() + kRefusedFor;
  }
  if (tell) tell();
  return {};
}

DeviceId deviceIdOf(std::string_view prefix, std::string_view foreign_id) {
  std::string text(prefix);
  for (const char each : foreign_id.substr(0, 48)) {
    const bool plain = (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '_' || each == '-';
    if (plain)
      text += each;
    else
      text += each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : '-';
  }
  if (const auto id = DeviceId::parse(text)) return *id;
  return *DeviceId::parse("device");
}

}  // namespace robohub::gateway
