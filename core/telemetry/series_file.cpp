#include "telemetry/series_file.hpp"

#include <sqlite3.h>

#include <array>

#include "store/migrations.hpp"

namespace robohub::telemetry {

namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE series (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  device  TEXT    NOT NULL,
  channel TEXT    NOT NULL,
  field   TEXT    NOT NULL,
  unit    TEXT    NOT NULL,
  title   TEXT    NOT NULL,
  gone    INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX series_by_name ON series (device, channel, field, unit) WHERE gone = 0;
CREATE TABLE rollup_1 (
  series INTEGER NOT NULL,
  t      INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  min    REAL    NOT NULL,
  max    REAL    NOT NULL,
  sum    REAL    NOT NULL,
  PRIMARY KEY (series, t)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_10 (
  series INTEGER NOT NULL,
  t      INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  min    REAL    NOT NULL,
  max    REAL    NOT NULL,
  sum    REAL    NOT NULL,
  PRIMARY KEY (series, t)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_60 (
  series INTEGER NOT NULL,
  t      INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  min    REAL    NOT NULL,
  max    REAL    NOT NULL,
  sum    REAL    NOT NULL,
  PRIMARY KEY (series, t)
) STRICT, WITHOUT ROWID;
CREATE TABLE progress (
  one    INTEGER PRIMARY KEY CHECK (one = 1),
  rolled INTEGER NOT NULL
) STRICT;
INSERT INTO progress VALUES (1, 0);
)sql";
constexpr std::array kMigrations{store::Migration{1, kTables}};

constexpr std::array<const char*, kSteps.size()> kTable{"rollup_1", "rollup_10", "rollup_60"};

constexpr int kCheckpointPages = 2000;
constexpr int kResetPages = 16000;
constexpr int kStepsBetweenLooks = 10'000;

Status quickCheck(store::Session& session, const std::atomic<bool>& stop) {
  sqlite3_progress_handler(
      session.handle(), kStepsBetweenLooks,
      [](void* flag) { return static_cast<const std::atomic<bool>*>(flag)->load() ? 1 : 0; },
      const_cast<std::atomic<bool>*>(&stop));
  Status good;
  if (auto check = session.prepare("PRAGMA quick_check(1)"); !check) {
    good = fail(check.error());
  } else if (const auto row = check->step(); !row) {
    good = fail(row.error());
  } else if (*row && check->text(0) != "ok") {
    good = fail(ErrorCode::corrupt, "The history is damaged: " + check->text(0) + ".");
  }
  sqlite3_progress_handler(session.handle(), 0, nullptr, nullptr);
  if (!good && stop) return fail(ErrorCode::unavailable, "The hub is shutting down.");
  return good;
}

// The sum stays finite, as in memory (rollup.hpp): infinity minus infinity would be NULL.
constexpr const char* kMergeTail =
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (series, t) DO UPDATE SET n = n + excluded.n, "
    "min = min(min, excluded.min), max = max(max, excluded.max), "
    "sum = max(-1.7976931348623157e308, min(1.7976931348623157e308, sum + excluded.sum))";

std::string inTable(std::size_t level, const char* head, const char* tail) {
  return std::string(head) + kTable[level] + tail;
}

}  // namespace

SeriesFile::SeriesFile(std::unique_ptr<store::Session> session) : session_(std::move(session)) {
  sqlite3_wal_hook(
      session_->handle(),
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &wal_pages_);
}

Result<std::unique_ptr<SeriesFile>> SeriesFile::open(const std::filesystem::path& path, const std::atomic<bool>& stop) {
  auto session = store::Session::open(path.string(), store::Session::Role::writer);
  if (!session) return fail(session.error());
  if (Status set = (*session)->runScript("PRAGMA synchronous=NORMAL;"); !set) return fail(set.error());
  if (Status good = quickCheck(**session, stop); !good) return fail(good.error());
  if (Status made = store::migrate(**session, kMigrations, path.string()); !made) return fail(made.error());
  std::unique_ptr<SeriesFile> file(new SeriesFile(std::move(*session)));
  auto progress = file->session_->prepare("SELECT rolled FROM progress");
  if (!progress) return fail(progress.error());
  const auto row = progress->step();
  if (!row) return fail(row.error());
  if (!*row) return fail(ErrorCode::corrupt, "The history is damaged: it does not say how far it is.");
  file->rolled_ = file->rolling_ = progress->integer(0);
  file->fresh_ = file->rolled_ == 0;
  return file;
}

Status SeriesFile::check(const std::atomic<bool>& stop) {
  return quickCheck(*session_, stop);
}

Status SeriesFile::commit() {
  Status done = session_->runScript("COMMIT");
  if (!done) {
    rollback();
    return done;
  }
  rolled_ = rolling_;
  if (rolled_ > 0) fresh_ = false;
  return {};
}

void SeriesFile::rollback() {
  rolling_ = rolled_;
  if (session_->inTransaction()) (void)session_->runScript("ROLLBACK");
}

// One transaction that is on the disk itself when this returns.
Status SeriesFile::durably(const std::function<Status()>& work) {
  if (Status set = session_->runScript("PRAGMA synchronous=FULL;"); !set) return set;
  Status done = begin();
  if (done) done = work();
  if (done)
    done = commit();
  else
    rollback();
  (void)session_->runScript("PRAGMA synchronous=NORMAL;");
  return done;
}

Result<std::vector<std::int64_t>> SeriesFile::number(const std::vector<SeriesKey>& keys) {
  std::vector<std::int64_t> ids;
  Status done = durably([&]() -> Status {
    for (const SeriesKey& key : keys) {
      auto row = session_->prepare(
          "INSERT INTO series (device, channel, field, unit, title) VALUES ($1, $2, $3, $4, $5) "
          "ON CONFLICT (device, channel, field, unit) WHERE gone = 0 DO UPDATE SET title = excluded.title RETURNING id",
          key.device, key.channel, key.field.pointer, key.field.unit, key.field.title);
      if (!row) return fail(row.error());
      const auto there = row->step();
      if (!there) return fail(there.error());
      ids.push_back(row->integer(0));
    }
    return {};
  });
  if (!done) return fail(done.error());
  return ids;
}

Status SeriesFile::adopt(const std::vector<Numbered>& series) {
  return durably([&]() -> Status {
    for (const Numbered& one : series) {
      auto done = session_->run(
          "INSERT INTO series (id, device, channel, field, unit, title) VALUES ($1, $2, $3, $4, $5, $6) "
          "ON CONFLICT DO NOTHING",
          one.id, one.key.device, one.key.channel, one.key.field.pointer, one.key.field.unit, one.key.field.title);
      if (!done) return fail(done.error());
    }
    return {};
  });
}

Status SeriesFile::merge(std::size_t level, std::int64_t series, const Bucket& bucket) {
  auto done = session_->run(inTable(level, "INSERT INTO ", kMergeTail), series, bucket.t, bucket.n, bucket.min,
                            bucket.max, bucket.sum);
  return done ? Status() : fail(done.error());
}

Status SeriesFile::replace(std::size_t level, std::int64_t series, Span span, const std::vector<Bucket>& buckets) {
  auto done = session_->run(inTable(level, "DELETE FROM ", " WHERE series = $1 AND t >= $2 AND t < $3"), series,
                            span.from_ms, span.to_ms);
  if (!done) return fail(done.error());
  for (const Bucket& bucket : buckets)
    if (Status put = merge(level, series, bucket); !put) return put;
  return {};
}

Status SeriesFile::setRolled(std::int64_t seq) {
  auto done = session_->run("UPDATE progress SET rolled = $1", seq);
  if (!done) return fail(done.error());
  rolling_ = seq;
  return {};
}

Result<std::vector<std::int64_t>> SeriesFile::markGone(const std::string& device) {
  std::vector<std::int64_t> ids;
  Status done = durably([&]() -> Status {
    auto rows = session_->prepare("UPDATE series SET gone = 1 WHERE device = $1 AND gone = 0 RETURNING id", device);
    if (!rows) return fail(rows.error());
    while (true) {
      const auto row = rows->step();
      if (!row) return fail(row.error());
      if (!*row) return {};
      ids.push_back(rows->integer(0));
    }
  });
  if (!done) return fail(done.error());
  return ids;
}

Result<std::vector<std::int64_t>> SeriesFile::gone() {
  auto rows = session_->prepare("SELECT id FROM series WHERE gone = 1 ORDER BY id");
  if (!rows) return fail(rows.error());
  std::vector<std::int64_t> ids;
  while (true) {
    const auto row = rows->step();
    if (!row) return fail(row.error());
    if (!*row) return ids;
    ids.push_back(rows->integer(0));
  }
}

Result<bool> SeriesFile::erase(std::int64_t series, std::int64_t most) {
  for (std::size_t level = 0; level < kSteps.size(); ++level) {
    std::optional<std::int64_t> bound;
    {
      auto row = session_->prepare(inTable(level, "SELECT t FROM ", " WHERE series = $1 ORDER BY t LIMIT 1 OFFSET $2"),
                                   series, most);
      if (!row) return fail(row.error());
      const auto there = row->step();
      if (!there) return fail(there.error());
      if (*there) bound = row->integer(0);
    }
    auto done = bound ? session_->run(inTable(level, "DELETE FROM ", " WHERE series = $1 AND t < $2"), series, *bound)
                      : session_->run(inTable(level, "DELETE FROM ", " WHERE series = $1"), series);
    if (!done) return fail(done.error());
    if (bound) return false;
  }
  auto done = session_->run("DELETE FROM series WHERE id = $1", series);
  if (!done) return fail(done.error());
  return true;
}

Result<std::int64_t> SeriesFile::expire(std::int64_t after, std::size_t count, const std::array<Span, 3>& kept,
                                        const std::function<bool(std::int64_t)>& in_use) {
  std::vector<std::int64_t> ids;
  {
    auto rows = session_->prepare("SELECT id FROM series WHERE id > $1 ORDER BY id LIMIT $2", after, count);
    if (!rows) return fail(rows.error());
    while (true) {
      const auto row = rows->step();
      if (!row) return fail(row.error());
      if (!*row) break;
      ids.push_back(rows->integer(0));
    }
  }
  if (ids.empty()) return 0;
  if (Status begun = begin(); !begun) return fail(begun.error());
  Status done;
  for (const std::int64_t id : ids) {
    for (std::size_t level = 0; done && level < kSteps.size(); ++level) {
      // One by one: over both ends at once SQLite would walk through all that stays.
      for (const auto& [tail, bound] : {std::pair{" WHERE series = $1 AND t < $2", kept[level].from_ms},
                                        std::pair{" WHERE series = $1 AND t >= $2", kept[level].to_ms}}) {
        auto gone = session_->run(inTable(level, "DELETE FROM ", tail), id, bound);
        if (!gone) done = fail(gone.error());
      }
    }
    if (done && !in_use(id)) {
      auto gone = session_->run(
          "DELETE FROM series WHERE id = $1 AND gone = 0 AND NOT EXISTS (SELECT 1 FROM rollup_1 WHERE series = $1) "
          "AND NOT EXISTS (SELECT 1 FROM rollup_60 WHERE series = $1)",
          id);
      if (!gone) done = fail(gone.error());
    }
    if (!done) break;
  }
  if (done)
    done = commit();
  else
    rollback();
  if (!done) return fail(done.error());
  return ids.size() < count ? 0 : ids.back();
}

void SeriesFile::checkpoint(bool all) {
  if (!all && wal_pages_ < kCheckpointPages) return;
  const int mode = all                         ? SQLITE_CHECKPOINT_TRUNCATE
                   : wal_pages_ >= kResetPages ? SQLITE_CHECKPOINT_RESTART
                                               : SQLITE_CHECKPOINT_PASSIVE;
  sqlite3_wal_checkpoint_v2(session_->handle(), nullptr, mode, nullptr, nullptr);
}

// ---- reading ------------------------------------------------------------------------------------------------------

Result<std::vector<Numbered>> seriesOfDevice(store::Session& session, const std::string& device,
                                             const std::string& channel) {
  auto rows = session.prepare(
      "SELECT id, channel, field, unit, title FROM series WHERE device = $1 AND gone = 0 AND ($2 = '' OR channel = $2) "
      "ORDER BY channel, field, unit, id",
      device, channel);
  if (!rows) return fail(rows.error());
  std::vector<Numbered> all;
  while (true) {
    const auto row = rows->step();
    if (!row) return fail(row.error());
    if (!*row) return all;
    all.push_back({rows->integer(0),
                   {device, rows->text(1), {.pointer = rows->text(2), .title = rows->text(4), .unit = rows->text(3)}}});
  }
}

Status readRollups(store::Session& session, std::size_t level, std::int64_t series, Span span, std::int64_t most,
                   const std::function<void(const Bucket&)>& each) {
  auto rows = session.prepare(inTable(level, "SELECT t, n, min, max, sum FROM ",
                                      " WHERE series = $1 AND t >= $2 AND t < $3 ORDER BY t LIMIT $4"),
                              series, floorTo(span.from_ms, kSteps[level]), span.to_ms, most);
  if (!rows) return fail(rows.error());
  while (true) {
    const auto row = rows->step();
    if (!row) return fail(row.error());
    if (!*row) return {};
    each({rows->integer(0), rows->integer(1), rows->real(2), rows->real(3), rows->real(4)});
  }
}

}  // namespace robohub::telemetry
