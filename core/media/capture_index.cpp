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
  const auto keep = [&](std::set<CaptureId>& ids) {
    if (sign > 0)
      ids.insert(capture.id);
    else
      ids.erase(capture.id);
  };
  const std::size_t one = static_cast<std::size_t>(sign);  // adds or, by overflow, takes away
  const bool still = capture.kind() == CaptureKind::still;
  use.stored += sign * capture.bytes;
  stored_ += sign * capture.bytes;
  use.captures += one;
  if (still) use.stills_stored += sign * capture.bytes;
  if (capture.state == CaptureState::open) use.open += one;
  if (!mayGo(capture)) {
    if (sign > 0)
      to_join_.insert(capture.bytes);
    else
      to_join_.erase(to_join_.find(capture.bytes));
  }
  if (mayGo(capture)) keep(capture.bytes > 0 ? use.may_go : empty_);
  if (mayGo(capture) && still) keep(use.stills);
  states_[static_cast<std::size_t>(capture.state)] += one;
  forgetIfUnused(capture.device);
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

CaptureList CaptureIndex::list(const CaptureQuery& query, const std::function<bool(const Capture&)>& visible) const {
  CaptureList found;
  std::size_t looks = 0;
  Lock lock(mutex_);
  auto at = query.before ? captures_.lower_bound(*query.before) : captures_.end();
  while (at != captures_.begin() && found.captures.size() < query.limit) {
    if (looks++ == query.looks) {
      found.goes_on = at->first;
      break;
    }
    const CapturePtr& capture = (--at)->second.capture;
    if (!query.device.empty() && capture->device.str() != query.device) continue;
    if (!query.trigger.empty() && capture->trigger != query.trigger) continue;
    if (query.from_ms && capture->started_ms < *query.from_ms) continue;
    if (query.to_ms && capture->started_ms >= *query.to_ms) continue;
    if (visible(*capture)) found.captures.push_back(capture);
  }
  return found;
}

std::size_t CaptureIndex::openOf(const DeviceId& device) const {
  Lock lock(mutex_);
  const auto at = uses_.find(device);
  return at == uses_.end() ? 0 : at->second.open;
}

std::int64_t CaptureIndex::largestToJoin() const {
  Lock lock(mutex_);
  return to_join_.empty() ? 0 : *to_join_.rbegin();
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
    // What is to be joined after so long never will be: its folder is gone.
    if (is_old && (mayGo(capture) || capture.state == CaptureState::joining)) ids.push_back(id);
  }
  return ids;
}

// Which captures go for what is to come, before any of them goes. Used while the index is locked.
class CaptureIndex::Choice {
 public:
  // So many bytes and rows are too much, and of the device alone.
  struct Over {
    std::int64_t of_device = 0, of_all = 0;
    std::size_t rows = 0;
    bool any() const { return of_device > 0 || of_all > 0 || rows > 0; }
  };
  Choice(const std::map<CaptureId, Entry>& captures, Over over, std::optional<CaptureId> spare = {})
      : captures_(captures), over_(over), spare_(spare) {}

  void add(const Use& use, std::int64_t bytes, std::size_t captures, bool is_own) {
    if (is_own) own_ = givers_.size();
    givers_.push_back({bytes, captures, use.may_go.begin(), use.may_go.end()});
    skipSpare(givers_.back());
  }
  // What is too much when all of this has gone.
  Over make(const std::set<CaptureId>& empty) {
    while (over_.of_device > 0 && givers_[own_].next != givers_[own_].end) take(givers_[own_]);
    while (over_.of_all > 0 && takeOfMost(&Giver::bytes)) continue;
    for (auto at = empty.begin(); over_.rows > 0 && at != empty.end(); ++at)
      if (*at != spare_) chosen_.push_back(*at), --over_.rows;
    while (over_.rows > 0 && takeOfMost(&Giver::captures)) continue;
    return over_;
  }
  const std::vector<CaptureId>& chosen() const { return chosen_; }

 private:
  struct Giver {
    std::int64_t bytes = 0;
    std::size_t captures = 0;
    std::set<CaptureId>::const_iterator next, end;
  };
  void skipSpare(Giver& giver) const {
    if (giver.next != giver.end && *giver.next == spare_) ++giver.next;
  }
  void take(Giver& giver) {
    const std::int64_t bytes = captures_.at(*giver.next).capture->bytes;
    chosen_.push_back(*giver.next++);
    skipSpare(giver);
    giver.bytes -= bytes;
    --giver.captures;
    if (&giver == &givers_[own_]) over_.of_device -= bytes;
    over_.of_all -= bytes;
    if (over_.rows > 0) --over_.rows;
  }
  template <class Amount>
  bool takeOfMost(Amount Giver::*amount) {
    Giver* most = nullptr;
    for (Giver& each : givers_)
      if (each.next != each.end && (!most || each.*amount > most->*amount)) most = &each;
    if (most) take(*most);
    return most != nullptr;
  }

  const std::map<CaptureId, Entry>& captures_;
  Over over_;
  const std::optional<CaptureId> spare_;
  std::vector<Giver> givers_;
  std::size_t own_ = 0;
  std::vector<CaptureId> chosen_;
};

Status CaptureIndex::reserve(const DeviceId& device, std::int64_t bytes, std::size_t captures,
                             std::vector<CapturePtr>& victims, std::optional<CaptureId> spare) {
  Lock lock(mutex_);
  Use& use = uses_[device];
  Choice::Over over;
  if (settings_.device_quota_bytes > 0)
    over.of_device = use.stored + use.promised + bytes - settings_.device_quota_bytes;
  over.of_all = stored_ + promised_ + bytes - settings_.quota_bytes;
  const std::size_t rows = captures_.size() + captures;
  over.rows = rows - std::min(rows, kMaxCaptures);
  Choice choice(captures_, over, spare);
  if (over.any()) {
    for (const auto& [each, has] : uses_) {
      const bool own = each == device;
      choice.add(has, has.stored + has.promised + (own ? bytes : 0), has.captures + (own ? captures : 0), own);
    }
    over = choice.make(empty_);
  }
  if (over.any()) {
    forgetIfUnused(device);
    if (over.of_all > 0)
      return fail(ErrorCode::exhausted, "There is no room for more captures: the quota of " +
                                            sizeText(settings_.quota_bytes) +
                                            " is used, and nothing more may be deleted for it.");
    if (over.rows > 0)
      return fail(ErrorCode::exhausted,
                  "There are " + std::to_string(kMaxCaptures) + " captures, and nothing may be deleted for one more.");
    return fail(ErrorCode::exhausted, "There is no room for more captures of " + device.str() + ": its quota of " +
                                          sizeText(settings_.device_quota_bytes) +
                                          " is used, and nothing more of it may be deleted.");
  }
  use.promised += bytes;
  promised_ += bytes;
  for (const CaptureId id : choice.chosen()) victims.push_back(removeHeld(id));
  forgetIfUnused(device);
  return {};
}

bool CaptureIndex::giveWay(std::int64_t wanted, std::int64_t needed, std::vector<CapturePtr>& victims,
                           std::optional<CaptureId> spare) {
  Lock lock(mutex_);
  Choice::Over over;
  over.of_all = wanted;
  Choice choice(captures_, over, spare);
  for (const auto& [device, use] : uses_) choice.add(use, use.stored + use.promised, use.captures, false);
  if (wanted - choice.make(empty_).of_all < needed) return false;
  for (const CaptureId id : choice.chosen()) victims.push_back(removeHeld(id));
  return true;
}

void CaptureIndex::replaceStills(const DeviceId& device, std::int64_t bytes, std::vector<CapturePtr>& victims) {
  Lock lock(mutex_);
  std::int64_t most = settings_.quota_bytes;
  if (settings_.device_quota_bytes > 0) most = std::min(most, settings_.device_quota_bytes);
  for (auto at = uses_.find(device); at != uses_.end(); at = uses_.find(device)) {
    const Use& use = at->second;
    const bool over = use.stills.size() >= kMaxStillsOfDevice || use.stills_stored + bytes > most / 10;
    if (!over || use.stills.empty()) return;
    victims.push_back(removeHeld(*use.stills.begin()));
  }
}

void CaptureIndex::shrink(std::vector<CapturePtr>& victims) {
  Lock lock(mutex_);
  const std::int64_t most = settings_.device_quota_bytes;
  const auto is_over = [most](const Use& use) { return most > 0 && use.stored + use.promised > most; };
  std::vector<DeviceId> devices;
  for (const auto& [device, use] : uses_)
    if (is_over(use)) devices.push_back(device);
  for (const DeviceId& device : devices)
    for (auto at = uses_.find(device); at != uses_.end(); at = uses_.find(device)) {
      if (!is_over(at->second) || at->second.captures < 2 || at->second.may_go.empty()) break;
      victims.push_back(removeHeld(*at->second.may_go.begin()));
    }
  Choice::Over over;
  over.of_all = stored_ + promised_ - settings_.quota_bytes;
  over.rows = captures_.size() - std::min(captures_.size(), kMaxCaptures);
  Choice choice(captures_, over);
  for (const auto& [device, use] : uses_) choice.add(use, use.stored + use.promised, use.captures, false);
  choice.make(empty_);
  for (const CaptureId id : choice.chosen()) victims.push_back(removeHeld(id));
}

void CaptureIndex::release(const DeviceId& device, std::int64_t bytes) {
  Lock lock(mutex_);
  uses_[device].promised -= bytes;
  promised_ -= bytes;
  forgetIfUnused(device);
}

void CaptureIndex::forgetIfUnused(const DeviceId& device) {
  const auto at = uses_.find(device);
  if (at != uses_.end() && at->second.captures == 0 && at->second.promised == 0) uses_.erase(at);
}

CaptureFigures CaptureIndex::figures() const {
  Lock lock(mutex_);
  CaptureFigures figures;
  figures.bytes = stored_ + promised_;
  figures.quota_bytes = settings_.quota_bytes;
  figures.open = states_[static_cast<std::size_t>(CaptureState::open)];
  figures.joining = states_[static_cast<std::size_t>(CaptureState::joining)];
  figures.ready = states_[static_cast<std::size_t>(CaptureState::ready)];
  figures.failed = states_[static_cast<std::size_t>(CaptureState::failed)];
  return figures;
}

}  // namespace robohub::media
