// history.db: which series there are, and their roll-ups. Roll-ups are written some while after the values that they
// are of; the number of the newest write whose values are in them stands beside them, so that after a crash exactly the
// steps that later writes touched are made anew from the single values (rebuild.hpp).
//
// Tables: series (id, device, channel, field, unit, title, gone); rollup_1, rollup_10 and rollup_60 (series, t, n, min,
// max, sum), by minutes of the step; progress (rolled), one row. Ids are never used twice, since single values of a
// series that was erased may be there for a while.
#pragma once
#include <atomic>
#include <filesystem>
#include <memory>

#include "telemetry/raw_file.hpp"
#include "telemetry/rollup.hpp"

namespace robohub::telemetry {

// To be written. Used by one thread; every call blocks on the disk. Errors are those of store::Statement::step().
class SeriesFile {
 public:
  // Makes it where it is missing, and reads it whole to see that it is not damaged (`stop` ends that: unavailable).
  // Errors: corrupt, unsupported (made by a newer program), those of the disk.
  static Result<std::unique_ptr<SeriesFile>> open(const std::filesystem::path& path, const std::atomic<bool>& stop);
  SeriesFile(const SeriesFile&) = delete;
  SeriesFile& operator=(const SeriesFile&) = delete;

  // Reads it whole, as open() does: corrupt; unavailable when `stop` ended it.
  Status check(const std::atomic<bool>& stop);

  // It was made by open(), or has never been rolled up into.
  bool fresh() const { return fresh_; }
  std::int64_t rolled() const { return rolled_; }

  // Numbers of these, which are made where they are missing; durable at once, before any value refers to them.
  Result<std::vector<std::int64_t>> number(const std::vector<SeriesKey>& keys);
  // Takes over what another file says of series; numbers that are taken by another one are left out.
  Status adopt(const std::vector<Numbered>& series);

  // A transaction of the caller's around what follows.
  Status begin() { return session_->runScript("BEGIN IMMEDIATE"); }
  Status commit();
  void rollback();
  // Merges with what is there.
  Status merge(std::size_t level, std::int64_t series, const Bucket& bucket);
  // Puts exactly these in place of all of [from, to).
  Status replace(std::size_t level, std::int64_t series, Span span, const std::vector<Bucket>& buckets);
  // Counts with the commit.
  Status setRolled(std::int64_t seq);

  // The device's series are gone for everybody from now on; their numbers. Durable.
  Result<std::vector<std::int64_t>> markGone(const std::string& device);
  Result<std::vector<std::int64_t>> gone();
  // At most about `most` rows of the roll-ups of a series that is gone; true: none is left, nor is the series.
  Result<bool> erase(std::int64_t series, std::int64_t most);
  // Removes what is not within the span `kept` of each level, of the next `count` series after `after`; the last one
  // that was done, 0 at the end. Series of which nothing is left go too unless `in_use` says otherwise.
  Result<std::int64_t> expire(std::int64_t after, std::size_t count, const std::array<Span, 3>& kept,
                              const std::function<bool(std::int64_t)>& in_use);
  void checkpoint(bool all);

  store::Session& session() { return *session_; }

 private:
  explicit SeriesFile(std::unique_ptr<store::Session> session);
  Status durably(const std::function<Status()>& work);

  std::unique_ptr<store::Session> session_;
  bool fresh_ = false;
  std::int64_t rolled_ = 0, rolling_ = 0;  // as committed, and in the transaction
  int wal_pages_ = 0;
};

// ---- reading: `session` is a reader's or a writer's. Blocks.

// Those of the device (and channel, "": all) that are not gone, by channel and field.
Result<std::vector<Numbered>> seriesOfDevice(store::Session& session, const std::string& device,
                                             const std::string& channel);
// Buckets that overlap the span, in order of time; at most `most`.
Status readRollups(store::Session& session, std::size_t level, std::int64_t series, Span span, std::int64_t most,
                   const std::function<void(const Bucket&)>& each);

}  // namespace robohub::telemetry
