#include "telemetry/raw_file.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "store/migrations.hpp"
#include "telemetry/rollup.hpp"

namespace robohub::telemetry {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE raw (
  series INTEGER NOT NULL,
  t      INTEGER NOT NULL,
  v      REAL    NOT NULL,
  PRIMARY KEY (series, t)
) STRICT, WITHOUT ROWID;
CREATE TABLE batch (
  seq    INTEGER PRIMARY KEY,
  low_t  INTEGER NOT NULL,
  high_t INTEGER NOT NULL
) STRICT;
CREATE TABLE series (
  id      INTEGER PRIMARY KEY,
  device  TEXT NOT NULL,
  channel TEXT NOT NULL,
  field   TEXT NOT NULL,
  unit    TEXT NOT NULL,
  title   TEXT NOT NULL
) STRICT;
)sql";
constexpr std::array kMigrations{store::Migration{1, kTables}};

constexpr std::size_t kAtOnce = 32;  // rows in a statement: to begin and to end one costs as much as half a row

// A batch writes to the last page of nearly every series. One that is not in the cache is read, and looked through cell
// by cell, each time; batches go round in order, so that a cache that is a little too small has none of them in time.
constexpr std::size_t kLeastCachePages = 128, kMostCachePages = 4096;  // 16 MB, of 2,600 series

constexpr int kCheckpointPages = 4000;  // 16 MB of log
constexpr int kResetPages = 32000;      // readers have kept the log from being reused: wait for them once

bool readWhole(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<RawPeriod> periodOf(const fs::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with("raw-") || !name.ends_with(".db")) return {};
  const std::string middle = name.substr(4, name.size() - 7);
  const auto dash = middle.find('-');
  std::int64_t start = 0, length = 0;
  if (dash == std::string::npos || !readWhole(std::string_view(middle).substr(0, dash), start) ||
      !readWhole(std::string_view(middle).substr(dash + 1), length) || length <= 0 || length > 100 * 86'400 ||
      start < 0 || start > 100'000'000'000)
    return {};
  return RawPeriod{start * 1000, length * 1000, path};
}

}  // namespace

RawPeriod RawPeriod::of(const fs::path& folder, std::int64_t t_ms) {
  const std::int64_t start = floorTo(t_ms, kPeriodMs);
  return {start, kPeriodMs,
          folder / ("raw-" + std::to_string(start / 1000) + "-" + std::to_string(kPeriodMs / 1000) + ".db")};
}

std::vector<RawPeriod> rawPeriodsIn(const fs::path& folder) {
  std::vector<RawPeriod> periods;
  std::error_code none;
  for (fs::directory_iterator at(folder, none), end; !none && at != end; at.increment(none))
    if (auto period = periodOf(at->path())) periods.push_back(std::move(*period));
  std::sort(periods.begin(), periods.end(), [](const auto& a, const auto& b) { return a.start_ms < b.start_ms; });
  return periods;
}

void removeDatabase(const fs::path& path) {
  std::error_code none;
  for (const char* tail : {"", "-wal", "-shm"}) fs::remove(path.string() + tail, none);
}

Result<fs::path> setAside(const fs::path& path, std::int64_t now_ms) {
  const std::string kind = path.filename().string() + ".damaged-";
  std::error_code none;
  std::vector<fs::path> older;
  for (fs::directory_iterator at(path.parent_path(), none), end; !none && at != end; at.increment(none))
    if (at->path().filename().string().starts_with(kind)) older.push_back(at->path());
  for (const fs::path& one : older) fs::remove(one, none);
  const fs::path aside = path.parent_path() / (kind + std::to_string(now_ms / 1000));
  fs::rename(path, aside, none);
  if (none)
    return fail(ErrorCode::internal, "The damaged file " + path.string() + " cannot be moved: " + none.message() + ".");
  fs::rename(path.string() + "-wal", aside.string() + "-wal", none);
  fs::remove(path.string() + "-shm", none);
  return aside;
}

std::int64_t bytesOf(const fs::path& path) {
  std::int64_t bytes = 0;
  for (const char* tail : {"", "-wal", "-shm"}) {
    std::error_code none;
    const auto size = fs::file_size(path.string() + tail, none);
    if (!none) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

RawFile::RawFile(RawPeriod period, std::unique_ptr<store::Session> session)
    : period_(std::move(period)), session_(std::move(session)) {
  sqlite3_wal_hook(
      session_->handle(),
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &wal_pages_);
}

RawFile::~RawFile() {
  sqlite3_finalize(insert_many_);
  sqlite3_finalize(insert_one_);
}

Result<std::unique_ptr<RawFile>> RawFile::open(const RawPeriod& period) {
  auto session = store::Session::open(period.path.string(), store::Session::Role::writer);
  if (!session) return fail(session.error());
  // The newest second may be lost with the power; in exchange nothing waits for the disk's cache.
  if (Status set = (*session)->runScript("PRAGMA synchronous=NORMAL;"); !set) return fail(set.error());
  if (Status made = store::migrate(**session, kMigrations, period.path.string()); !made) return fail(made.error());
  std::unique_ptr<RawFile> file(new RawFile(period, std::move(*session)));
  const auto prepare = [db = file->session_->handle()](const std::string& sql, sqlite3_stmt*& to) -> Status {
    const int made = sqlite3_prepare_v3(db, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &to, nullptr);
    if (made != SQLITE_OK) return fail(store::errorOf(made, db));
    return {};
  };
  // Rows that are new for certain. OR FAIL: a write that fails is undone as a whole, so that SQLite need not copy each
  // page that the statement changes to a file of its own, to undo only that.
  std::string many = "INSERT OR FAIL INTO raw VALUES (?, ?, ?)";
  for (std::size_t i = 1; i < kAtOnce; ++i) many += ", (?, ?, ?)";
  if (Status made = prepare(many, file->insert_many_); !made) return fail(made.error());
  if (Status made = prepare("INSERT INTO raw VALUES (?, ?, ?) ON CONFLICT DO NOTHING", file->insert_one_); !made)
    return fail(made.error());
  return file;
}

Result<std::size_t> RawFile::write(std::int64_t seq, std::span<RawRow> rows,
                                   const std::function<const SeriesKey*(std::int64_t)>& describe) {
  if (Status begun = session_->runScript("BEGIN IMMEDIATE"); !begun) return fail(begun.error());
  auto written = insert(seq, rows, describe);
  if (written)
    if (Status done = session_->runScript("COMMIT"); !done) written = fail(done.error());
  // A full disk has rolled it back already.
  if (!written && session_->inTransaction()) (void)session_->runScript("ROLLBACK");
  if (!written) {
    newest_.clear();
    return written;
  }
  sizeCache();
  if (wal_pages_ >= kCheckpointPages) checkpoint(false);
  return written;
}

void RawFile::sizeCache() {
  const std::size_t wanted = kLeastCachePages + newest_.size() * 3 / 2;
  const std::size_t pages = wanted > kMostCachePages ? kLeastCachePages : wanted;
  if (pages == cache_pages_) return;
  if (session_->runScript(("PRAGMA cache_size=" + std::to_string(pages)).c_str())) cache_pages_ = pages;
}

void RawFile::letGo() {
  sqlite3_db_release_memory(session_->handle());
}

Result<std::size_t> RawFile::insert(std::int64_t seq, std::span<RawRow> rows,
                                    const std::function<const SeriesKey*(std::int64_t)>& describe) {
  std::size_t kept = 0;
  std::int64_t low = rows.front().t_ms, high = low, series = 0;
  auto newest = newest_.end();
  std::vector<RawRow> late;
  for (const RawRow& row : rows) {
    if (row.series != series) {
      series = row.series;
      newest = newest_.find(series);
      if (const SeriesKey* key = newest == newest_.end() ? describe(series) : nullptr) {
        if (Status met = meet(series, *key); !met) return fail(met.error());
        newest = newest_.find(series);
      }
    }
    if (newest == newest_.end()) continue;  // it was erased meanwhile
    low = std::min(low, row.t_ms);
    high = std::max(high, row.t_ms);
    if (row.t_ms > newest->second) {
      newest->second = row.t_ms;
      rows[kept++] = row;
    } else {
      late.push_back(row);
    }
  }
  const std::span<const RawRow> fresh = rows.first(kept);
  for (std::size_t at = 0; at < fresh.size();) {
    const std::size_t some = fresh.size() - at >= kAtOnce ? kAtOnce : 1;
    auto done = insertRows(some == 1 ? insert_one_ : insert_many_, fresh.subspan(at, some));
    if (!done) return fail(done.error());
    at += some;
  }
  for (const RawRow& row : late) {
    auto changed = insertRows(insert_one_, {&row, 1});
    if (!changed) return fail(changed.error());
    if (*changed) rows[kept++] = row;
  }
  if (auto said =
          session_->run("INSERT INTO batch VALUES ($1, $2, $3) ON CONFLICT (seq) DO UPDATE SET low_t = min(low_t, "
                        "excluded.low_t), high_t = max(high_t, excluded.high_t)",
                        seq, low, high);
      !said)
    return fail(said.error());
  if (rolled_ > forgotten_) {
    if (auto done = session_->run("DELETE FROM batch WHERE seq <= $1", rolled_); !done) return fail(done.error());
    forgotten_ = rolled_;
  }
  return kept;
}

Status RawFile::meet(std::int64_t series, const SeriesKey& key) {
  auto said = session_->run("INSERT INTO series VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING", series,
                            key.device, key.channel, key.field.pointer, key.field.unit, key.field.title);
  if (!said) return fail(said.error());
  auto stored = session_->prepare("SELECT t FROM raw WHERE series = $1 ORDER BY t DESC LIMIT 1", series);
  if (!stored) return fail(stored.error());
  const auto there = stored->step();
  if (!there) return fail(there.error());
  newest_[series] = *there ? stored->integer(0) : std::numeric_limits<std::int64_t>::min();
  return {};
}

// Whether any was new.
Result<bool> RawFile::insertRows(sqlite3_stmt* statement, std::span<const RawRow> rows) {
  // Bound by position: of a hundred thousand rows a second the names alone would cost a fourth of the time.
  int n = 0;
  for (const RawRow& row : rows) {
    sqlite3_bind_int64(statement, ++n, row.series);
    sqlite3_bind_int64(statement, ++n, row.t_ms);
    sqlite3_bind_double(statement, ++n, row.value);
  }
  sqlite3* db = session_->handle();
  const int done = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (done != SQLITE_DONE) return fail(store::errorOf(done, db));
  if (!session_->inTransaction()) return fail(ErrorCode::exhausted, "The database has rolled the values back.");
  return sqlite3_changes(db) > 0;
}

Result<bool> RawFile::erase(const std::vector<std::int64_t>& series, std::int64_t most) {
  if (Status begun = session_->runScript("BEGIN IMMEDIATE"); !begun) return fail(begun.error());
  Result<bool> all = true;
  for (const std::int64_t id : series) {
    Result<std::int64_t> gone = std::int64_t{0};
    std::int64_t bound = period_.end_ms();
    if (auto row = session_->prepare("SELECT t FROM raw WHERE series = $1 ORDER BY t LIMIT 1 OFFSET $2", id, most)) {
      if (const auto there = row->step(); there && *there) bound = row->integer(0);
    }
    gone = session_->run("DELETE FROM raw WHERE series = $1 AND t < $2", id, bound);
    if (gone && bound == period_.end_ms()) {
      auto forgotten = session_->run("DELETE FROM series WHERE id = $1", id);
      if (!forgotten) gone = fail(forgotten.error());
    } else if (gone) {
      all = false;
    }
    if (!gone) all = fail(gone.error());
    if (!all || !*all) break;
    if ((most -= *gone) <= 0) {
      all = id == series.back();
      break;
    }
  }
  if (all)
    if (Status done = session_->runScript("COMMIT"); !done) all = fail(done.error());
  if (!all && session_->inTransaction()) (void)session_->runScript("ROLLBACK");
  for (const std::int64_t id : series) newest_.erase(id);
  return all;
}

void RawFile::checkpoint(bool all) {
  const int mode = all                         ? SQLITE_CHECKPOINT_TRUNCATE
                   : wal_pages_ >= kResetPages ? SQLITE_CHECKPOINT_RESTART
                                               : SQLITE_CHECKPOINT_PASSIVE;
  sqlite3_wal_checkpoint_v2(session_->handle(), nullptr, mode, nullptr, nullptr);
}

// ---- reading ------------------------------------------------------------------------------------------------------

Result<std::vector<Numbered>> seriesOf(store::Session& session) {
  auto rows = session.prepare("SELECT id, device, channel, field, unit, title FROM series ORDER BY id");
  if (!rows) return fail(rows.error());
  std::vector<Numbered> all;
  while (true) {
    const auto row = rows->step();
    if (!row) return fail(row.error());
    if (!*row) return all;
    all.push_back(
        {rows->integer(0),
         {rows->text(1), rows->text(2), {.pointer = rows->text(3), .title = rows->text(5), .unit = rows->text(4)}}});
  }
}

Result<std::int64_t> nextSeries(store::Session& session, std::int64_t after) {
  auto rows = session.prepare("SELECT series FROM raw WHERE series > $1 ORDER BY series LIMIT 1", after);
  if (!rows) return fail(rows.error());
  const auto row = rows->step();
  if (!row) return fail(row.error());
  return *row ? rows->integer(0) : 0;
}

Status readRaw(store::Session& session, std::int64_t series, Span span, std::int64_t most,
               const std::function<bool(std::int64_t t_ms, double value)>& each) {
  auto rows = session.prepare("SELECT t, v FROM raw WHERE series = $1 AND t >= $2 AND t < $3 ORDER BY t LIMIT $4",
                              series, span.from_ms, span.to_ms, most);
  if (!rows) return fail(rows.error());
  while (true) {
    const auto row = rows->step();
    if (!row) return fail(row.error());
    if (!*row || !each(rows->integer(0), rows->real(1))) return {};
  }
}

Result<Batches> batchesAfter(store::Session& session, std::int64_t after) {
  auto rows = session.prepare("SELECT seq, low_t, high_t FROM batch ORDER BY seq");
  if (!rows) return fail(rows.error());
  Batches batches;
  while (true) {
    const auto row = rows->step();
    if (!row) return fail(row.error());
    if (!*row) return batches;
    batches.last = rows->integer(0);
    if (batches.last > after) batches.times.push_back({rows->integer(1), rows->integer(2) + 1});
  }
}

}  // namespace robohub::telemetry
