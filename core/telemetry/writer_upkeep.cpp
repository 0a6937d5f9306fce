// What the writer does beside writing values: roll-ups, retention, erasing.
#include <algorithm>
#include <limits>

#include "base/mutex.hpp"
#include "telemetry/rebuild.hpp"
#include "telemetry/writer.hpp"

namespace robohub::telemetry {

namespace {

constexpr std::size_t kSliceSeries = 256;
constexpr Duration kKeepUpEvery = std::chrono::minutes(1);
constexpr std::size_t kExpireAtLeast = 64;  // series a minute; all within about an hour
constexpr std::size_t kExpireParts = 60;
constexpr std::int64_t kEraseRows = 20'000;
constexpr std::int64_t kFarAheadMs = 25LL * 3'600'000;

// What is kept for so long. A clock that was wrong has left what lies far ahead of this one, or this one is behind: a
// machine without a battery wakes in another year, and nobody may tell it the time for days. Either way that was
// measured before the clock began to run as it does, so it is at least as old as that, and goes when that is too old.
// Only this process knows how long the clock has run so: a restart begins that time anew.
Span keptFor(Duration keep, std::int64_t now_ms, Duration even_for) {
  return {now_ms - toMs(keep), even_for >= keep ? now_ms + kFarAheadMs : std::numeric_limits<std::int64_t>::max()};
}

}  // namespace

void Writer::writeRolls(bool all) {
  if (!file_) return;
  const MonoTime now = shared_.clock.now();
  {
    Lock lock(shared_.rolls.mutex);
    if (shared_.rolls.waiting.empty() && !rolls_lack_) return;
    if (!all && now < rolled_at_ + shared_.settings().roll && shared_.rolls.buckets < shared_.most_rolls / 2) return;
  }
  if (shared_.room && !shared_.room() && !all) return;
  rolled_at_ = now;
  Status done;
  bool more = true;
  while (done && more) {
    done = writeSlice();
    Lock lock(shared_.rolls.mutex);
    more = !shared_.rolls.waiting.empty();
  }
  if (done && rolls_lack_) done = makeRollsAgain();
  if (done) {
    for (const auto& raw : raw_) raw->rolledThrough(file_->rolled());
    file_->checkpoint(false);
    return;
  }
  if (done.error().code == ErrorCode::corrupt) return damaged(shared_.series_file, done.error());
  Lock lock(shared_.rolls.mutex);
  if (shared_.rolls.buckets <= shared_.most_rolls) return;
  // They are made again from the single values, once history.db can be written or at the next start.
  shared_.rolls.waiting.clear();
  shared_.rolls.buckets = 0;
  rolls_lack_ = true;
}

// All of them, of every write that history.db does not know of; nothing waits in memory now.
Status Writer::makeRollsAgain() {
  if (Status good = file_->check(shared_.ending); !good) return good;
  auto rebuilt = rebuild(*file_, shared_.periods(), shared_.ending);
  if (!rebuilt) return fail(rebuilt.error());
  for (const auto& path : rebuilt->damaged) damaged(path, {ErrorCode::corrupt, "It cannot be read.", ""});
  Status done = file_->begin();
  if (done) done = file_->setRolled(batch_);
  if (done)
    done = file_->commit();
  else
    file_->rollback();
  if (done) rolls_lack_ = false;
  return done;
}

// A slice is small enough for the commit, which nobody may read beside, to take milliseconds. Only the last one says
// that all is written; a crash before it makes the steps of all of them again.
Status Writer::writeSlice() {
  Rolls& rolls = shared_.rolls;
  bool last = false;
  {
    Lock lock(rolls.mutex);
    while (!rolls.waiting.empty() && rolls.flying.size() < kSliceSeries) {
      auto node = rolls.waiting.extract(rolls.waiting.begin());
      rolls.buckets -= node.mapped().count();
      rolls.flying.insert(std::move(node));
    }
    last = rolls.waiting.empty();
  }
  Status done = file_->begin();
  // In order, so that pages next to each other are written once. Nobody else changes `flying`.
  std::vector<std::int64_t> ids;
  for (const auto& [id, roll] : rolls.flying) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (std::size_t level = 0; done && level < kSteps.size(); ++level)
    for (const std::int64_t id : ids)
      for (const Bucket& bucket : rolls.flying[id].level(level)) {
        if (done) done = file_->merge(level, id, bucket);
        if (!done) break;
      }
  if (done && last && !rolls_lack_) done = file_->setRolled(batch_);
  Lock lock(rolls.mutex);
  if (done)
    done = file_->commit();
  else
    file_->rollback();
  if (!done) {
    for (auto& [id, roll] : rolls.flying) {
      SeriesRoll& back = rolls.waiting[id];
      const std::size_t before = back.count();
      for (std::size_t level = 0; level < kSteps.size(); ++level)
        for (const Bucket& bucket : roll.level(level)) back.merge(level, bucket);
      rolls.buckets += back.count() - before;
    }
  }
  rolls.flying.clear();
  return done;
}

// ---- retention ----------------------------------------------------------------------------------------------------

void Writer::keepUp() {
  wall_.look(shared_.clock);
  const MonoTime now = shared_.clock.now();
  if (!wall_.steady(now)) uneven_at_ = now;
  if (!file_) return;
  if (!erasing_.empty()) eraseSome();
  if (!file_ || now < kept_up_at_ + kKeepUpEvery) return;
  kept_up_at_ = now;
  if (!wall_.steady(now)) return;  // a clock that jumps to another year must not cost the history
  const std::int64_t now_ms = toMs(shared_.clock.wall());
  const Settings say = shared_.settings();
  const auto kept = [&](Duration keep) { return keptFor(keep, now_ms, now - uneven_at_); };
  dropOldPeriods(kept(say.raw_keep));
  const std::size_t count = std::max(kExpireAtLeast, keys_.size() / kExpireParts);
  auto next = file_->expire(expired_, count, {kept(say.minutes_keep), kept(say.rollup_keep), kept(say.rollup_keep)},
                            [this](std::int64_t id) { return keys_.contains(id); });
  if (next) {
    expired_ = *next;
  } else if (next.error().code == ErrorCode::corrupt) {
    return damaged(shared_.series_file, next.error());
  }
  file_->checkpoint(false);
}

void Writer::dropOldPeriods(const Span& kept) {
  std::vector<RawPeriod> stay;
  for (RawPeriod& period : shared_.periods()) {
    if (period.end_ms() >= kept.from_ms && period.start_ms <= kept.to_ms) {
      stay.push_back(std::move(period));
      continue;
    }
    std::erase_if(raw_, [&](const auto& raw) { return raw->period().path == period.path; });
    removeDatabase(period.path);
  }
  shared_.setPeriods(std::move(stay));
}

// ---- erasing ------------------------------------------------------------------------------------------------------

// A little each time: first the single values, file by file, then the roll-ups and the series themselves.
void Writer::eraseSome() {
  for (const RawPeriod& period : shared_.periods()) {
    if (period.start_ms <= erased_through_ms_) continue;
    auto file = fileOf(period);
    auto done = file ? (*file)->erase(erasing_, kEraseRows) : fail(file.error());
    // One that cannot be written now is tried again; a damaged one goes as a whole.
    if (!done && done.error().code == ErrorCode::corrupt)
      damaged(period.path, done.error());
    else if (done && *done)
      erased_through_ms_ = period.start_ms;
    return;
  }
  Status begun = file_->begin();
  if (!begun) return;
  auto done = file_->erase(erasing_.back(), kEraseRows);
  if (!done) {
    file_->rollback();
    if (done.error().code == ErrorCode::corrupt) damaged(shared_.series_file, done.error());
    return;
  }
  if (Status committed = file_->commit(); committed && *done) erasing_.pop_back();
}

}  // namespace robohub::telemetry
