#include "telemetry/rebuild.hpp"

#include <algorithm>

namespace robohub::telemetry {

namespace {

constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();

// Widened to whole steps, sorted, overlapping ones as one.
std::vector<Span> whole(std::vector<Span> spans, std::int64_t step) {
  for (Span& span : spans) span = {floorTo(span.from_ms, step), floorTo(span.to_ms - 1, step) + step};
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.from_ms < b.from_ms; });
  std::vector<Span> merged;
  for (const Span& span : spans) {
    if (!merged.empty() && span.from_ms <= merged.back().to_ms)
      merged.back().to_ms = std::max(merged.back().to_ms, span.to_ms);
    else
      merged.push_back(span);
  }
  return merged;
}

Result<std::vector<Bucket>> minutesFrom(store::Session& raw, std::int64_t series, Span span) {
  Merger merger(kSteps[0]);
  Status read = readRaw(raw, series, span, kAll, [&](std::int64_t t, double value) {
    merger.add(t, value);
    return true;
  });
  if (!read) return fail(read.error());
  return merger.take();
}

Result<std::vector<Bucket>> widerFrom(SeriesFile& file, std::size_t level, std::int64_t series, Span span) {
  Merger merger(kSteps[level]);
  Status read = readRollups(file.session(), 0, series, span, kAll, [&](const Bucket& bucket) { merger.add(bucket); });
  if (!read) return fail(read.error());
  return merger.take();
}

Status remake(SeriesFile& to, store::Session& raw, std::int64_t series, const std::vector<Span>& minutes,
              std::int64_t& count) {
  for (const Span& span : minutes) {
    auto made = minutesFrom(raw, series, span);
    if (!made) return fail(made.error());
    // Where there are no single values any more the roll-ups are all there is.
    if (made->empty()) continue;
    count += static_cast<std::int64_t>(made->size());
    const Span touched{made->front().t, made->back().t + kSteps[0]};
    if (Status put = to.replace(0, series, touched, *made); !put) return put;
    for (std::size_t level = 1; level < kSteps.size(); ++level)
      for (const Span& wide : whole({touched}, kSteps[level])) {
        auto wider = widerFrom(to, level, series, wide);
        if (!wider) return fail(wider.error());
        if (Status put = to.replace(level, series, wide, *wider); !put) return put;
      }
  }
  return {};
}

Status remakeAll(SeriesFile& to, store::Session& raw, const std::vector<Span>& minutes, const std::atomic<bool>& stop,
                 std::int64_t& count) {
  std::int64_t series = 0;
  while (true) {
    auto next = nextSeries(raw, series);
    if (!next) return fail(next.error());
    if (*next == 0) return {};
    series = *next;
    if (stop) return fail(ErrorCode::unavailable, "The hub is shutting down.");
    // A transaction for each series: nothing grows, and doing it again does no harm.
    Status done = to.begin();
    if (done) done = remake(to, raw, series, minutes, count);
    if (!done) {
      to.rollback();
      return done;
    }
    if (done = to.commit(); !done) return done;
  }
}

// What was made halfway when the program was killed has no tables yet: nothing is in it, and nobody can read it.
Status hasTables(store::Session& raw) {
  auto rows = raw.prepare("PRAGMA user_version");
  if (!rows) return fail(rows.error());
  const auto row = rows->step();
  if (!row) return fail(row.error());
  if (!*row || rows->integer(0) == 0) return fail(ErrorCode::corrupt, "It has no tables.");
  return {};
}

// The file's own faults are told apart from those of history.db.
struct Fault {
  Error error;
  bool of_raw = false;
};

std::optional<Fault> rebuildFrom(SeriesFile& to, const RawPeriod& period, const std::atomic<bool>& stop,
                                 Rebuilt& rebuilt) {
  auto raw = store::Session::open(period.path.string(), store::Session::Role::reader);
  if (!raw) return Fault{raw.error(), true};
  if (Status good = hasTables(**raw); !good) return Fault{good.error(), true};
  auto series = seriesOf(**raw);
  if (!series) return Fault{series.error(), true};
  auto batches = batchesAfter(**raw, to.rolled());
  if (!batches) return Fault{batches.error(), true};
  rebuilt.last_batch = std::max(rebuilt.last_batch, batches->last);
  const bool all = to.fresh();
  if (!all && batches->times.empty()) return {};
  if (Status adopted = to.adopt(*series); !adopted) return Fault{adopted.error()};
  const std::vector<Span> minutes =
      whole(all ? std::vector<Span>{{period.start_ms, period.end_ms()}} : batches->times, kSteps[0]);
  if (Status done = remakeAll(to, **raw, minutes, stop, rebuilt.buckets); !done)
    return Fault{done.error(), done.error().code == ErrorCode::corrupt};
  return {};
}

}  // namespace

Result<Rebuilt> rebuild(SeriesFile& to, const std::vector<RawPeriod>& periods, const std::atomic<bool>& stop) {
  Rebuilt rebuilt;
  for (const RawPeriod& period : periods) {
    const auto fault = rebuildFrom(to, period, stop, rebuilt);
    if (!fault) continue;
    if (fault->of_raw && fault->error.code == ErrorCode::corrupt) {
      rebuilt.damaged.push_back(period.path);
      continue;
    }
    if (!fault->of_raw) return fail(fault->error);
    // Undamaged: of another user, or on a disk that does not read it just now. Its steps wait for it.
    return fail(fault->error.code, period.path.string() + " cannot be read: " + fault->error.message,
                period.path.string());
  }
  return rebuilt;
}

}  // namespace robohub::telemetry
