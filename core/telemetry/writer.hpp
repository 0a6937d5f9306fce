// The one thread that writes history: takes what has come in the last second, sorts it by series and time, writes it in
// one transaction, rolls it up in memory, and once a minute writes the roll-ups. Whatever fails costs what was being
// written, is counted and said, and is tried again with what comes next.
#pragma once
#include <deque>
#include <functional>
#include <thread>

#include "base/mutex.hpp"
#include "base/wall_watch.hpp"
#include "telemetry/intake.hpp"
#include "telemetry/raw_file.hpp"
#include "telemetry/series_file.hpp"
#include "telemetry/shared.hpp"

namespace robohub::telemetry {

struct WriterCounts {
  std::uint64_t recorded = 0, dropped = 0, dropped_lately = 0;
  std::string dropped_why;
};

// Thread-safe but for begin() and end(), which are one thread's.
class Writer {
 public:
  Writer(Shared& shared, Intake& intake) : shared_(shared), intake_(intake) {}
  ~Writer() { end(); }

  void begin();
  // Writes what waits, roll-ups too; joins.
  void end();
  // Runs on the thread between two batches; false and unrun when it has ended.
  bool run(std::function<void()> work);
  // [its thread]
  Status erase(const DeviceId& device);
  void writeNow() { cycle(false); }

  WriterCounts counts() const;
  // Of every file. Blocks on the disk.
  std::int64_t bytes() const;

 private:
  struct Series {
    std::int64_t id = 0;
    SeriesKey key;
  };
  void main();
  bool hasWork() const;
  std::function<void()> nextWork();
  Status open();
  void tryOpen();
  void cycle(bool last);
  void takeIn(std::vector<Row>& rows, std::vector<std::pair<Slot, SeriesKey>>& fresh);
  void writeRows(std::vector<RawRow>& rows);
  Status writePeriod(const RawPeriod& period, std::span<RawRow> rows);
  Result<RawFile*> fileOf(const RawPeriod& period);
  void roll(std::span<const RawRow> rows);
  void writeRolls(bool all);
  Status writeSlice();
  Status makeRollsAgain();
  void keepUp();
  void dropOldPeriods(const Span& kept);
  void eraseSome();
  void lookAtSuspects();
  void damaged(const std::filesystem::path& file, const Error& why);
  void lose(std::size_t count, const std::string& why);
  void listPeriods();

  Shared& shared_;
  Intake& intake_;

  std::unique_ptr<SeriesFile> file_;              // null: not open
  std::vector<std::unique_ptr<RawFile>> raw_;     // at most two, the newest used first
  std::unordered_map<Slot, SeriesKey> nameless_;  // slots without a number yet
  std::unordered_map<Slot, std::int64_t> ids_;
  std::unordered_map<std::int64_t, SeriesKey> keys_;
  std::uint64_t overflowed_ = 0;  // of the intake, as counted
  std::int64_t batch_ = 0;        // of the newest write
  int unread_ = 0;                // openings that failed for a file of single values
  bool rolls_lack_ = false;       // some were let go of, and stand neither in memory nor in history.db
  MonoTime rolled_at_{}, kept_up_at_{}, tried_at_ = MonoTime::min();
  WallWatch wall_;
  MonoTime uneven_at_{};      // when the wall clock was last not believed
  std::int64_t expired_ = 0;  // the series where keeping up goes on
  std::vector<std::int64_t> erasing_;
  std::int64_t erased_through_ms_ = -1;  // beginning of the last period that has nothing of them

  mutable Mutex mutex_;
  std::deque<std::function<void()>> work_ RH_GUARDED_BY(mutex_);
  bool ended_ RH_GUARDED_BY(mutex_) = false;
  WriterCounts counts_ RH_GUARDED_BY(mutex_);
  std::deque<std::pair<MonoTime, std::uint64_t>> losses_
      RH_GUARDED_BY(mutex_);  // of the last ten minutes, about a second apart
  std::thread thread_;
};

}  // namespace robohub::telemetry
