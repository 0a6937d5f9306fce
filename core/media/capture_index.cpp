#include "media/capture_index.hpp"

#include <algorithm>

namespace robohub::media {

namespace {

bool mayGo(const Capture& capture) {
  return capture.state == CaptureState::ready || capture.state == CaptureState::failed;
}

std::string sizeText(std::int64_t bytes) {
  if (bytes >= 10LL << 30) return std::to_string(bytes >> 30) + " GiB";
  return bytes >= 10LL << 20 ? std::to_string(bytes >> 20) + " MiB" : std::to_string(bytes >> 10) + " KiB";
}

}  // namespace

void CaptureIndex::configure(const CaptureSettings& settings) {
  Lock lock(mutex_);
  settings_ = settings;
}

CaptureSettings CaptureIndex::settings() const {
  Lock lock(mutex_);
  return settings_;
}

void CaptureIndex::count(const Capture& capture, int sign) {
  Use& use = uses_[capture.device];
  use.stored += sign * capture.bytes;
  all_.stored += sign * capture.bytes;
  const std::size_t one = static_cast<std::size_t>(sign);  // adds or, by overflow, takes away
  if (capture.state == CaptureState::open) use.open += one, all_.open += one;
  states_[static_cast<std::size_t>(capture.state)] += one;
  if (use.stored == 0 && use.promised == 0 && use.open == 0) uses_.erase(capture.device);
}

void CaptureIndex::put(Capture capture, MonoTime now) {
  Lock lock(mutex_);
  auto& entry = captures_[capture.id];
  if (entry.capture) count(*entry.capture, -1);
  count(capture, 1);
  keys_[{capture.device, capture.key}] = capture.id;
  entry.capture = std::make_shared<const Capture>(std::move(capture));
  entry.news = now;
}

CapturePtr CaptureIndex::change(CaptureId id, const std::function<void(Capture&)>& how, MonoTime now, bool is_news) {
  Lock lock(mutex_);
  const auto at = captures_.find(id);
  if (at == captures_.end()) return nullptr;
  Entry& entry = at->second;
  Capture next = *entry.capture;
  how(next);
  count(*entry.capture, -1);
  count(next, 1);
  if (next.ended_ms != entry.capture->ended_ms) entry.ended = now;
  entry.capture = std::make_shared<const Capture>(std::move(next));
  if (is_news) entry.news = now;
  return entry.capture;
}

void CaptureIndex::heard(CaptureId id, MonoTime now) {
  Lock lock(mutex_);
  if (const auto at = captures_.find(id); at != captures_.end()) at->second.news = now;
}

CapturePtr CaptureIndex::removeHeld(CaptureId id) {
  const auto at = captures_.find(id);
  if (at == captures_.end()) return nullptr;
  CapturePtr capture = at->second.capture;
  count(*capture, -1);
  keys_.erase({capture->device, capture->key});
  captures_.erase(at);
  return capture;
}

CapturePtr CaptureIndex::remove(CaptureId id) {
  Lock lock(mutex_);
  return removeHeld(id);
}

CapturePtr CaptureIndex::find(CaptureId id) const {
  Lock lock(mutex_);
  const auto at = captures_.find(id);
  return at == captures_.end() ? nullptr : at->second.capture;
}

CapturePtr CaptureIndex::find(const DeviceId& device, const std::string& key) const {
  Lock lock(mutex_);
  const auto at = keys_.find({device, key});
  return at == keys_.end() ? nullptr : captures_.at(at->second).capture;
}

std::vector<CapturePtr> CaptureIndex::list(const CaptureQuery& query,
                                           const std::function<bool(const Capture&)>& visible) const {
  std::vector<CapturePtr> found;
  Lock lock(mutex_);
  auto at = query.before ? captures_.lower_bound(*query.before) : captures_.end();
  while (at != captures_.begin() && found.size() < query.limit) {
    const CapturePtr& capture = (--at)->second.capture;
    if (!query.device.empty() && capture->device.str() != query.device) continue;
    if (!query.trigger.empty() && capture->trigger != query.trigger) continue;
    if (query.from_ms && capture->started_ms < *query.from_ms) continue;
    if (query.to_ms && capture->started_ms >= *query.to_ms) continue;
    if (visible(*capture)) found.push_back(capture);
  }
  return found;
}

std::size_t CaptureIndex::openOf(const DeviceId& device) const {
  Lock lock(mutex_);
  const auto at = uses_.find(device);
  return at == uses_.end() ? 0 : at->second.open;
}

std::vector<CaptureId> CaptureIndex::silent(MonoTime before) const {
  std::vector<CaptureId> ids;
  Lock lock(mutex_);
  for (const auto& [id, entry] : captures_)
    if (entry.capture->state == CaptureState::open && entry.news < before) ids.push_back(id);
  return ids;
}

std::vector<CaptureId> CaptureIndex::old(MonoTime before, std::int64_t before_ms) const {
  std::vector<CaptureId> ids;
  Lock lock(mutex_);
  for (const auto& [id, entry] : captures_) {
    const Capture& capture = *entry.capture;
    const bool is_old = entry.ended ? *entry.ended < before : capture.ended_ms.value_or(capture.created_ms) < before_ms;
    if (is_old && mayGo(capture)) ids.push_back(id);
  }
  return ids;
}

Status CaptureIndex::reserve(const DeviceId& device, std::int64_t bytes, std::size_t captures,
                             std::vector<CapturePtr>& victims) {
  Lock lock(mutex_);
  const Use& use = uses_[device];
  std::int64_t device_over = 0;
  if (settings_.device_quota_bytes > 0) device_over = use.stored + use.promised + bytes - settings_.device_quota_bytes;
  std::int64_t over = all_.stored + all_.promised + bytes - settings_.quota_bytes;
  std::size_t rows_over = captures_.size() + captures > kMaxCaptures ? captures_.size() + captures - kMaxCaptures : 0;
  std::vector<CaptureId> chosen;
  for (auto at = captures_.begin(); at != captures_.end() && (device_over > 0 || over > 0 || rows_over > 0); ++at) {
    const Capture& capture = *at->second.capture;
    const bool of_device = capture.device == device;
    if (!mayGo(capture) || (over <= 0 && rows_over == 0 && !of_device)) continue;
    chosen.push_back(at->first);
    over -= capture.bytes;
    if (of_device) device_over -= capture.bytes;
    if (rows_over > 0) --rows_over;
  }
  if (device_over > 0 || over > 0 || rows_over > 0) {
    if (over > 0 || rows_over > 0)
      return fail(ErrorCode::exhausted, "There is no room for more captures: the quota of " +
                                            sizeText(settings_.quota_bytes) +
                                            " is used, and nothing more may be deleted for it.");
    return fail(ErrorCode::exhausted, "There is no room for more captures of " + device.str() + ": its quota of " +
                                          sizeText(settings_.device_quota_bytes) +
                                          " is used, and nothing more of it may be deleted.");
  }
  for (const CaptureId id : chosen) victims.push_back(removeHeld(id));
  uses_[device].promised += bytes;
  all_.promised += bytes;
  return {};
}

void CaptureIndex::release(const DeviceId& device, std::int64_t bytes) {
  Lock lock(mutex_);
  uses_[device].promised -= bytes;
  all_.promised -= bytes;
}

CaptureFigures CaptureIndex::figures() const {
  Lock lock(mutex_);
  CaptureFigures figures;
  figures.bytes = all_.stored + all_.promised;
  figures.quota_bytes = settings_.quota_bytes;
  figures.open = states_[static_cast<std::size_t>(CaptureState::open)];
  figures.joining = states_[static_cast<std::size_t>(CaptureState::joining)];
  figures.ready = states_[static_cast<std::size_t>(CaptureState::ready)];
  figures.failed = states_[static_cast<std::size_t>(CaptureState::failed)];
  return figures;
}

}  // namespace robohub::media
