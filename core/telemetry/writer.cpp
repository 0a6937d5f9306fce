#include "telemetry/writer.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>

namespace robohub::telemetry {

namespace {

constexpr Duration kIdle = std::chrono::seconds(20), kWhileErasing = std::chrono::milliseconds(100);
constexpr Duration kLossesFor = std::chrono::minutes(10);
constexpr std::size_t kMostOpenFiles = 2;
constexpr std::size_t kRollAtOnce = 16'384;

tl::unexpected<Error> notOpen() {
  return fail(ErrorCode::unavailable, "The history is not open.");
}

}  // namespace

void Writer::begin() {
  // Signals belong to the main thread: the new one inherits a full mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { main(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Writer::end() {
  shared_.ending = true;
  intake_.wake();
  if (thread_.joinable()) thread_.join();
}

bool Writer::run(std::function<void()> work) {
  {
    Lock lock(mutex_);
    if (ended_ || !thread_.joinable()) return false;
    work_.push_back(std::move(work));
  }
  intake_.wake();
  return true;
}

WriterCounts Writer::counts() const {
  Lock lock(mutex_);
  WriterCounts counts = counts_;
  const MonoTime since = shared_.clock.now() - kLossesFor;
  for (const auto& [at, lost] : losses_)
    if (at >= since) counts.dropped_lately += lost;
  return counts;
}

std::int64_t Writer::bytes() const {
  std::int64_t bytes = bytesOf(shared_.series_file);
  for (const RawPeriod& period : shared_.periods()) bytes += bytesOf(period.path);
  return bytes;
}

void Writer::lose(std::size_t count, const std::string& why) {
  if (count == 0) return;
  const MonoTime now = shared_.clock.now();
  bool say = false;
  {
    Lock lock(mutex_);
    counts_.dropped += count;
    counts_.dropped_why = why;
    while (!losses_.empty() && losses_.front().first < now - kLossesFor) losses_.pop_front();
    say = losses_.empty();
    if (losses_.empty() || losses_.back().first + std::chrono::seconds(1) < now)
      losses_.emplace_back(now, count);
    else
      losses_.back().second += count;
  }
  if (say) shared_.warn("history: values are being lost: " + why);
}

// ---- the thread ---------------------------------------------------------------------------------------------------

void Writer::main() {
  pthread_setname_np(pthread_self(), "rh-history");
  rolled_at_ = kept_up_at_ = shared_.clock.now();
  tryOpen();
  while (!shared_.ending) {
    intake_.wait(erasing_.empty() ? kIdle : kWhileErasing, false);
    // Whoever asks for something need not wait for the rest of a second.
    if (!shared_.ending && !hasWork()) intake_.wait(shared_.settings().flush, true);
    cycle(false);
    while (auto work = nextWork()) work();
  }
  cycle(true);
  writeRolls(true);
  std::deque<std::function<void()>> rest;
  {
    Lock lock(mutex_);
    ended_ = true;
    rest.swap(work_);
  }
  for (auto& work : rest) work();
  for (const auto& raw : raw_) raw->checkpoint(true);
  raw_.clear();
  if (file_) file_->checkpoint(true);
  file_.reset();
}

bool Writer::hasWork() const {
  Lock lock(mutex_);
  return !work_.empty();
}

std::function<void()> Writer::nextWork() {
  Lock lock(mutex_);
  if (work_.empty()) return {};
  auto work = std::move(work_.front());
  work_.pop_front();
  return work;
}

void Writer::cycle(bool last) {
  if (!file_) tryOpen();
  Intake::Taken taken = intake_.take();
  takeIn(taken.rows, taken.fresh);
  writeRolls(false);
  lookAtSuspects();
  if (!last) keepUp();
  // One that was set aside just now is begun anew at once, and not when the next value comes.
  if (!last && !file_) tryOpen();
}

// ---- values -------------------------------------------------------------------------------------------------------

void Writer::takeIn(std::vector<Row>& rows, std::vector<std::pair<Slot, SeriesKey>>& fresh) {
  const std::uint64_t overflowed = intake_.counts().overflowed;
  lose(overflowed - std::exchange(overflowed_, overflowed), "More came than the disk could take.");
  for (auto& [slot, key] : fresh) nameless_.emplace(slot, std::move(key));
  if (rows.empty()) return;
  if (!file_) return lose(rows.size(), shared_.trouble());
  if (shared_.room && !shared_.room()) return lose(rows.size(), "The disk is nearly full.");
  if (!nameless_.empty()) {
    std::vector<Slot> slots;
    std::vector<SeriesKey> keys;
    for (const auto& [slot, key] : nameless_) {
      slots.push_back(slot);
      keys.push_back(key);
    }
    auto ids = file_->number(keys);
    if (!ids) {
      const std::string why = ids.error().message;
      if (ids.error().code == ErrorCode::corrupt) damaged(shared_.series_file, ids.error());
      return lose(rows.size(), why);
    }
    for (std::size_t i = 0; i < slots.size(); ++i) {
      ids_[slots[i]] = (*ids)[i];
      keys_[(*ids)[i]] = std::move(keys[i]);
    }
    nameless_.clear();
  }
  std::vector<RawRow> numbered;
  numbered.reserve(rows.size());
  Slot slot = 0;
  std::int64_t id = 0;
  for (const Row& row : rows) {
    if (id == 0 || row.slot != slot) {
      const auto at = ids_.find(row.slot);
      slot = row.slot;
      id = at == ids_.end() ? 0 : at->second;
    }
    if (id != 0) numbered.push_back({id, row.t_ms, row.value});
  }
  std::vector<Row>().swap(rows);
  writeRows(numbered);
}

void Writer::writeRows(std::vector<RawRow>& rows) {
  // Periods follow each other, so sorted by period, series and time each transaction is one stretch.
  std::sort(rows.begin(), rows.end(), [](const RawRow& a, const RawRow& b) {
    const std::int64_t pa = floorTo(a.t_ms, kPeriodMs), pb = floorTo(b.t_ms, kPeriodMs);
    if (pa != pb) return pa < pb;
    return a.series != b.series ? a.series < b.series : a.t_ms < b.t_ms;
  });
  ++batch_;
  for (std::size_t begin = 0; begin < rows.size();) {
    const RawPeriod period = RawPeriod::of(shared_.raw_folder, rows[begin].t_ms);
    std::size_t end = begin;
    while (end < rows.size() && rows[end].t_ms >= period.start_ms && rows[end].t_ms < period.end_ms()) ++end;
    const std::span<RawRow> part(rows.data() + begin, end - begin);
    if (Status written = writePeriod(period, part); !written) {
      lose(part.size(), written.error().message);
      std::erase_if(raw_, [&](const auto& raw) { return raw->period().path == period.path; });
      if (written.error().code == ErrorCode::corrupt) damaged(period.path, written.error());
    }
    begin = end;
  }
}

Status Writer::writePeriod(const RawPeriod& period, std::span<RawRow> rows) {
  auto file = fileOf(period);
  if (!file) return fail(file.error());
  auto written = (*file)->write(batch_, rows, [this](std::int64_t id) -> const SeriesKey* {
    const auto at = keys_.find(id);
    return at == keys_.end() ? nullptr : &at->second;
  });
  if (!written) return fail(written.error());
  roll(rows.first(*written));
  Lock lock(mutex_);
  counts_.recorded += *written;
  return {};
}

Result<RawFile*> Writer::fileOf(const RawPeriod& period) {
  for (std::size_t i = 0; i < raw_.size(); ++i) {
    if (raw_[i]->period().path != period.path) continue;
    std::rotate(raw_.begin(), raw_.begin() + static_cast<std::ptrdiff_t>(i),
                raw_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return raw_.front().get();
  }
  auto opened = RawFile::open(period);
  if (!opened) return fail(opened.error());
  if (raw_.size() >= kMostOpenFiles) {
    raw_.back()->checkpoint(true);
    raw_.pop_back();
  }
  for (const auto& older : raw_) older->letGo();
  (*opened)->rolledThrough(file_->rolled());
  raw_.insert(raw_.begin(), std::move(*opened));
  listPeriods();
  return raw_.front().get();
}

// By and by, so that whoever asks meanwhile waits for a millisecond and not for the whole batch.
void Writer::roll(std::span<const RawRow> rows) {
  while (!rows.empty()) {
    const auto some = rows.first(std::min(rows.size(), kRollAtOnce));
    rows = rows.subspan(some.size());
    Lock lock(shared_.rolls.mutex);
    for (std::size_t i = 0; i < some.size();) {
      SeriesRoll& to = shared_.rolls.waiting[some[i].series];
      const std::size_t before = to.count(), first = i;
      for (; i < some.size() && some[i].series == some[first].series; ++i) to.add(some[i].t_ms, some[i].value);
      shared_.rolls.buckets += to.count() - before;
    }
  }
}

Status Writer::erase(const DeviceId& device) {
  if (!file_) return notOpen();
  // First what waits, so that nothing of before comes after.
  Intake::Taken taken = intake_.take();
  takeIn(taken.rows, taken.fresh);
  if (!file_) return notOpen();
  const std::vector<Slot> dead = intake_.forget(device);
  auto gone = file_->markGone(device.str());
  for (const Slot slot : dead) {
    if (const auto at = ids_.find(slot); at != ids_.end()) keys_.erase(at->second);
    ids_.erase(slot);
    nameless_.erase(slot);
  }
  if (!gone) return fail(gone.error());
  {
    Lock lock(shared_.rolls.mutex);
    for (const std::int64_t id : *gone) {
      if (const auto at = shared_.rolls.waiting.find(id); at != shared_.rolls.waiting.end()) {
        shared_.rolls.buckets -= at->second.count();
        shared_.rolls.waiting.erase(at);
      }
    }
  }
  erasing_.insert(erasing_.end(), gone->begin(), gone->end());
  erased_through_ms_ = -1;
  return {};
}

}  // namespace robohub::telemetry
