// Single values, one SQLite file for each period of four hours: what is too old goes by unlinking a file, which costs
// nothing, while deleting a few hundred thousand rows would hold the writer up for a third of a second.
//
// Tables: raw (series, t, v) by series and time; batch (seq, low_t, high_t), which writes are not rolled up for
// certain; series, a copy of what history.db knows of the numbers used here, so that history.db can be made anew from
// these files.
#pragma once
#include <filesystem>
#include <memory>
#include <unordered_map>
#include <vector>

#include "store/session.hpp"
#include "telemetry/intake.hpp"
#include "telemetry/plan.hpp"

struct sqlite3_stmt;

namespace robohub::telemetry {

inline constexpr std::int64_t kPeriodMs = 4 * 3'600'000;

// A period and its file. The file's name says both ends: "raw-1700000000-14400.db".
struct RawPeriod {
  std::int64_t start_ms = 0, length_ms = kPeriodMs;
  std::filesystem::path path;
  std::int64_t end_ms() const { return start_ms + length_ms; }
  static RawPeriod of(const std::filesystem::path& folder, std::int64_t t_ms);
};
// What lies in the folder, by time. Blocks.
std::vector<RawPeriod> rawPeriodsIn(const std::filesystem::path& folder);
// The database and what SQLite keeps beside it. Blocks.
void removeDatabase(const std::filesystem::path& path);
// Moves them out of the way, "<name>.damaged-<seconds>", and removes older ones of the same kind but the newest. The
// new path. Blocks.
Result<std::filesystem::path> setAside(const std::filesystem::path& path, std::int64_t now_ms);
// Bytes of the file and of what SQLite keeps beside it. Blocks.
std::int64_t bytesOf(const std::filesystem::path& path);

struct Numbered {
  std::int64_t id = 0;
  SeriesKey key;
};

// One value as it stands in a file.
struct RawRow {
  std::int64_t series = 0, t_ms = 0;
  double value = 0;
};

// To be written. Used by one thread; every call blocks on the disk. Errors are those of store::Statement::step().
class RawFile {
 public:
  // Makes it where it is missing.
  static Result<std::unique_ptr<RawFile>> open(const RawPeriod& period);
  ~RawFile();
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  const RawPeriod& period() const { return period_; }
  // One transaction. Rows in order of (series, t); a time that a series has already is left out. `describe(id)`
  // describes series that this file has not seen; null: leave them out. Moves those that are new to the front of
  // `rows`, a series' times mostly in order, and returns how many.
  Result<std::size_t> write(std::int64_t seq, std::span<RawRow> rows,
                            const std::function<const SeriesKey*(std::int64_t)>& describe);
  // Batches up to this one are rolled up and need not be remembered.
  void rolledThrough(std::int64_t seq) { rolled_ = seq; }
  // At most about so many rows of these series; true: none is left.
  Result<bool> erase(const std::vector<std::int64_t>& series, std::int64_t most);
  void checkpoint(bool all);
  // Frees what it remembers of the file: another one is written now.
  void letGo();

 private:
  RawFile(RawPeriod period, std::unique_ptr<store::Session> session);
  Result<std::size_t> insert(std::int64_t seq, std::span<RawRow> rows,
                             const std::function<const SeriesKey*(std::int64_t)>& describe);
  Status meet(std::int64_t series, const SeriesKey& key);
  Result<bool> insertRows(sqlite3_stmt* statement, std::span<const RawRow> rows);
  void sizeCache();

  const RawPeriod period_;
  std::unique_ptr<store::Session> session_;
  sqlite3_stmt *insert_many_ = nullptr, *insert_one_ = nullptr;
  // By series that the file describes: no value of it is newer. Nobody else writes here.
  std::unordered_map<std::int64_t, std::int64_t> newest_;
  std::int64_t rolled_ = 0, forgotten_ = 0;
  int wal_pages_ = 0;
  std::size_t cache_pages_ = 0;
};

// ---- reading: `session` is a reader's or a writer's of the file. Blocks.

Result<std::vector<Numbered>> seriesOf(store::Session& session);
// The next series number above `after` that has values; 0: none.
Result<std::int64_t> nextSeries(store::Session& session, std::int64_t after);
// Calls `each(t, v)` for values of [from, to) in order of time, until it returns false; at most `most`.
Status readRaw(store::Session& session, std::int64_t series, Span span, std::int64_t most,
               const std::function<bool(std::int64_t t_ms, double value)>& each);
struct Batches {
  std::int64_t last = 0;    // highest number; 0: none
  std::vector<Span> times;  // of those above `after`
};
Result<Batches> batchesAfter(store::Session& session, std::int64_t after);

}  // namespace robohub::telemetry
