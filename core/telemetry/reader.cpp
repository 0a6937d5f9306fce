#include "telemetry/reader.hpp"

#include <algorithm>

#include "base/mutex.hpp"

namespace robohub::telemetry {

namespace {

constexpr std::size_t kMostOpenFiles = 4;
constexpr std::size_t kMostPoints = 100'000;  // of all series of an answer
constexpr std::int64_t kRowsATransaction = 50'000;
// Roll-ups say how many single values there are, about; while they lack (writer_upkeep.cpp) there may be any number.
constexpr std::int64_t kMostMerged = 4 * kMostRawRows, kMeanwhile = 10'000;
constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();

// A read transaction of this scope.
class Transaction {
 public:
  explicit Transaction(store::Session& session) : session_(session), begun_(session.runScript("BEGIN")) {}
  ~Transaction() {
    if (session_.inTransaction()) (void)session_.runScript("ROLLBACK");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  // The snapshot is taken with the first row that is read, not with BEGIN.
  Status pin() {
    if (!begun_) return begun_;
    auto row = session_.prepare("SELECT rolled FROM progress");
    if (!row) return fail(row.error());
    if (const auto there = row->step(); !there) return fail(there.error());
    return {};
  }

 private:
  store::Session& session_;
  Status begun_;
};

Point pointOf(const Bucket& bucket) {
  return {bucket.t, bucket.n, bucket.min, bucket.max, bucket.mean()};
}

// It went for its age, or is damaged and will be set aside: what the other files have is still true.
bool isGone(const RawPeriod& period, const Error& why) {
  std::error_code none;
  return why.code == ErrorCode::corrupt || !std::filesystem::exists(period.path, none);
}

void copyWithin(const SeriesRoll& roll, std::size_t level, Span span, std::vector<Bucket>& out) {
  std::vector<Bucket> some;
  for (const Bucket& bucket : roll.level(level))
    if (bucket.t + kSteps[level] > span.from_ms && bucket.t < span.to_ms) some.push_back(bucket);
  out = united(out, some);
}

}  // namespace

void Reader::close() {
  main_.reset();
  raw_.clear();
}

Error Reader::told(const std::filesystem::path& file, std::uint64_t generation, const Error& why) {
  if (why.code == ErrorCode::corrupt) shared_.suspect(file, generation);
  return why;
}

Result<store::Session*> Reader::main() {
  switch (shared_.state.load()) {
    case State::ready: break;
    case State::opening: return fail(ErrorCode::unavailable, "The history is being opened; try again in a moment.");
    case State::broken: return fail(ErrorCode::unavailable, "The history cannot be read: " + shared_.trouble());
    case State::off: return fail(ErrorCode::unavailable, "This hub keeps no history (telemetry.enabled).");
  }
  const std::uint64_t generation = shared_.generation;
  if (main_ && generation_ == generation) return main_.get();
  main_.reset();
  generation_ = generation;
  auto opened = store::Session::open(shared_.series_file.string(), store::Session::Role::reader);
  if (!opened) return fail(toldMain(opened.error()));
  main_ = std::move(*opened);
  return main_.get();
}

Result<store::Session*> Reader::of(const RawPeriod& period) {
  const std::uint64_t generation = shared_.generation;
  std::erase_if(raw_, [&](const Open& open) { return open.generation != generation; });
  for (auto at = raw_.begin(); at != raw_.end(); ++at) {
    if (at->path != period.path) continue;
    raw_.splice(raw_.begin(), raw_, at);
    return at->session.get();
  }
  auto opened = store::Session::open(period.path.string(), store::Session::Role::reader);
  if (!opened) return fail(told(period.path, generation, opened.error()));
  raw_.push_front({period.path, generation, std::move(*opened)});
  if (raw_.size() > kMostOpenFiles) raw_.pop_back();
  return raw_.front().session.get();
}

Result<std::vector<Numbered>> Reader::series(const Query& query) {
  auto session = main();
  if (!session) return fail(session.error());
  auto found = seriesOfDevice(**session, query.device.str(), query.channel);
  if (!found) return fail(toldMain(found.error()));
  return found;
}

Kept Reader::kept() const {
  Kept kept;
  kept.raw_from_ms = shared_.rawFrom();
  kept.minutes_from_ms = toMs(shared_.clock.wall()) - toMs(shared_.settings().minutes_keep);
  return kept;
}

Result<std::vector<Bucket>> Reader::rollups(Level level, std::int64_t series, Span span, std::int64_t most) {
  auto session = main();
  if (!session) return fail(session.error());
  const auto index = static_cast<std::size_t>(level) - 1;
  std::vector<Bucket> fresh, stored;
  Transaction transaction(**session);
  {
    // Under this lock nothing moves from memory into the file.
    Lock lock(shared_.rolls.mutex);
    if (Status pinned = transaction.pin(); !pinned) return fail(toldMain(pinned.error()));
    for (const auto* rolls : {&shared_.rolls.flying, &shared_.rolls.waiting})
      if (const auto at = rolls->find(series); at != rolls->end()) copyWithin(at->second, index, span, fresh);
  }
  Status read =
      readRollups(**session, index, series, span, most, [&](const Bucket& bucket) { stored.push_back(bucket); });
  if (!read) return fail(toldMain(read.error()));
  // Behind the last one of a limited read there may be more in the file, which must come first.
  if (static_cast<std::int64_t>(stored.size()) == most)
    std::erase_if(fresh, [&](const Bucket& bucket) { return bucket.t > stored.back().t; });
  return united(stored, fresh);
}

Status Reader::raw(std::int64_t series, Span span, std::int64_t most,
                   const std::function<void(std::int64_t, double)>& each) {
  for (const RawPeriod& period : shared_.periods()) {
    if (period.end_ms() <= span.from_ms || period.start_ms >= span.to_ms) continue;
    auto session = of(period);
    if (!session) {
      if (isGone(period, session.error())) continue;
      return fail(session.error());
    }
    std::int64_t from = std::max(span.from_ms, period.start_ms), got = 0;
    do {
      got = 0;
      const std::int64_t ask = std::min(most, kRowsATransaction);
      Status read = readRaw(**session, series, {from, std::min(span.to_ms, period.end_ms())}, ask,
                            [&](std::int64_t t, double value) {
                              each(t, value);
                              from = t + 1;
                              ++got;
                              return true;
                            });
      if (!read) {
        const Error why = told(period.path, raw_.front().generation, read.error());
        raw_.pop_front();
        if (isGone(period, why)) break;
        return fail(why);
      }
      if ((most -= got) <= 0) return {};
    } while (got == kRowsATransaction);
  }
  return {};
}

// How many single values the span has, from the roll-ups.
Status Reader::count(const std::vector<Numbered>& series, Span span, Kept& kept) {
  const Level level = span.to_ms - span.from_ms > 20 * kSteps[2] ? Level::ten_minutes : Level::minute;
  for (const Numbered& one : series) {
    auto buckets = rollups(level, one.id, span, kAll);
    if (!buckets) return fail(buckets.error());
    std::int64_t rows = 0;
    for (const Bucket& bucket : *buckets) rows += bucket.n;
    kept.rows += rows;
    kept.most_rows_a_series = std::max(kept.most_rows_a_series, rows);
  }
  return {};
}

Result<bool> Reader::hasSteps(const std::vector<Numbered>& series, Span span) {
  for (const Numbered& one : series) {
    auto steps = rollups(Level::ten_minutes, one.id, span, 1);
    if (!steps) return fail(steps.error());
    if (!steps->empty()) return true;
  }
  return false;
}

Result<bool> Reader::rawCovers(const std::vector<Numbered>& series, Span span) {
  std::int64_t known_to = 0;
  for (const RawPeriod& period : shared_.periods()) {
    // Where a file lacks between others nothing came, or it was damaged and set aside, and the steps of it are there.
    const Span lacks{std::max(span.from_ms, known_to), std::min(span.to_ms, period.start_ms)};
    if (known_to > 0 && lacks.from_ms < lacks.to_ms) {
      auto steps = hasSteps(series, lacks);
      if (!steps) return fail(steps.error());
      if (*steps) return false;
    }
    known_to = std::max(known_to, period.end_ms());
  }
  const std::int64_t raw_from = shared_.rawFrom();
  if (span.from_ms >= raw_from) return true;
  // It does too when there was nothing before. The very first value is in its bucket before there is a file for it.
  const std::int64_t before = floorTo(raw_from, stepOf(Level::ten_minutes));
  if (span.from_ms >= before) return true;
  auto older = hasSteps(series, {span.from_ms, before});
  if (!older) return fail(older.error());
  return !*older;
}

// Steps of a minute that went while they were kept for a shorter time do not come back with the setting; those of ten
// minutes are still there.
Result<bool> Reader::minutesCover(const std::vector<Numbered>& series, Span span) {
  const std::int64_t ten = stepOf(Level::ten_minutes);
  const Span whole{floorTo(span.from_ms, ten), span.to_ms};
  for (const Numbered& one : series) {
    auto tens = rollups(Level::ten_minutes, one.id, whole, 1);
    if (!tens) return fail(tens.error());
    if (tens->empty()) continue;
    auto minutes = rollups(Level::minute, one.id, whole, 1);
    if (!minutes) return fail(minutes.error());
    if (minutes->empty() || floorTo(minutes->front().t, ten) > tens->front().t) return false;
  }
  return true;
}

Result<Kept> Reader::keptOf(const std::vector<Numbered>& series, Span span) {
  Kept there = kept();
  const auto covers = rawCovers(series, span);
  if (!covers) return fail(covers.error());
  if (*covers) {
    there.raw_from_ms = std::min(there.raw_from_ms, span.from_ms);
    return there;
  }
  there.raw_from_ms = span.to_ms;
  if (span.from_ms < there.minutes_from_ms) return there;
  const auto minutes = minutesCover(series, span);
  if (!minutes) return fail(minutes.error());
  if (!*minutes) there.minutes_from_ms = span.to_ms;
  return there;
}

// At most `left` single values are read, which it is made less by; more: exhausted.
Result<std::vector<Point>> Reader::points(std::int64_t series, Span span, const Plan& plan, std::int64_t& left) {
  std::vector<Point> points;
  Merger merger(plan.step_ms);
  if (plan.level == Level::raw) {
    std::int64_t got = 0;
    Status read = raw(series, span, left + 1, [&](std::int64_t t, double value) {
      ++got;
      if (plan.step_ms == 0)
        points.push_back({t, 1, value, value, value});
      else
        merger.add(t, value);
    });
    if (!read) return fail(read.error());
    if (got > left)
      return fail(ErrorCode::exhausted,
                  "There are too many single values, and what is merged of them lacks; ask for a shorter time.");
    left -= got;
  } else {
    auto buckets = rollups(plan.level, series, span, kAll);
    if (!buckets) return fail(buckets.error());
    for (const Bucket& bucket : *buckets) merger.add(bucket);
  }
  for (const Bucket& bucket : merger.take()) points.push_back(pointOf(bucket));
  return points;
}

Result<std::vector<SeriesAnswer>> Reader::allPoints(const std::vector<Numbered>& series, Span span, const Plan& plan,
                                                    std::int64_t most) {
  std::vector<SeriesAnswer> all;
  for (const Numbered& one : series) {
    auto made = points(one.id, span, plan, most);
    if (!made) return fail(made.error());
    all.push_back({one.key.channel, one.key.field.pointer, one.key.field.title, one.key.field.unit, std::move(*made)});
  }
  return all;
}

Result<Answer> Reader::answer(const Query& query) {
  if (query.from_ms < 0 || query.to_ms <= query.from_ms)
    return fail(ErrorCode::invalid_argument, "`to` must be later than `from`.", "/to");
  auto found = series(query);
  if (!found) return fail(found.error());
  const Span span{query.from_ms, query.to_ms};
  Answer answer{query, 0, shared_.rawFrom(), toMs(shared_.settings().flush), {}};
  auto there = keptOf(*found, span);
  if (!there) return fail(there.error());
  if (finestSince(span.from_ms, *there) == Level::raw)
    if (Status counted = count(*found, span, *there); !counted) return fail(counted.error());
  // Hundreds of series in thousands of points would be an answer of a hundred megabytes.
  const std::size_t count =
      std::min(query.points, std::max<std::size_t>(kMostPoints / std::max<std::size_t>(found->size(), 1), 1));
  Plan plan = planFor(span, count, *there);
  const auto single = static_cast<std::int64_t>(2 * count * found->size()) + kMeanwhile;
  auto made = allPoints(*found, span, plan, plan.step_ms == 0 ? single : kMostMerged);
  if (!made && made.error().code == ErrorCode::exhausted && plan.step_ms == 0) {
    plan.step_ms = widthFor(span, count, 1);
    made = allPoints(*found, span, plan, kMostMerged);
  }
  if (!made) return fail(made.error());
  answer.series = std::move(*made);
  answer.step_ms = plan.step_ms;
  // Values that came meanwhile: never more than asked.
  if (plan.step_ms == 0)
    for (SeriesAnswer& one : answer.series)
      if (one.points.size() > count)
        one.points.erase(one.points.begin(), one.points.end() - static_cast<std::ptrdiff_t>(count));
  return answer;
}

}  // namespace robohub::telemetry
