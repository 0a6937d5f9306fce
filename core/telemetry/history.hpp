// What devices measure, kept: single values for hours, roll-ups (number, least, greatest, sum) of one minute, ten
// minutes and one hour for months. The hub runs with it, without it, and while its files are damaged or its disk is
// full: recording never blocks and never fails, it drops and counts. The newest second may be lost with the power.
//
// Files: history.db (series, roll-ups) and history/raw-<start>-<length>.db (single values, one file a period), all
// written by one thread of its own. Formats: core/telemetry/series_file.cpp and raw_file.cpp.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "telemetry/settings.hpp"

namespace robohub::plugin {
struct DeviceType;
}

namespace robohub::telemetry {

struct Numbers;
enum class Level { raw, minute, ten_minutes, hour };

// [from_ms, to_ms) of the wall clock.
struct Query {
  DeviceId device;
  std::string channel;  // empty: all
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::size_t points = 500;  // at most so many a series
};

// n values between min and max, of this mean, in the step that begins at t_ms; n is 1 for a single value.
struct Point {
  std::int64_t t_ms = 0;
  std::int64_t n = 0;
  double min = 0, max = 0, mean = 0;
};

struct SeriesAnswer {
  std::string channel;
  std::string field;  // JSON Pointer within the channel's value: "/pitch"
  std::string title;  // for people; may be empty
  std::string unit;   // x-unit; "" for booleans
  std::vector<Point> points;
};

struct Answer {
  Query query;
  std::int64_t step_ms = 0;      // width of a point's step; 0: single values
  std::int64_t raw_from_ms = 0;  // single values are kept from here on
  std::int64_t lossy_ms = 0;
  std::vector<SeriesAnswer> series;
};
// HISTORY of docs/PROTOCOL.md.
std::string toJson(const Answer& answer);

enum class Format { csv, ndjson };
struct ExportQuery {
  Query query;                 // its `points` do not count
  std::optional<Level> level;  // absent: the finest one that still covers from_ms
  Format format = Format::csv;
};

// One file that is being handed out, piece by piece; between two pieces nothing is held open. Thread-safe. Not to be
// used once its history is gone.
class Export {
 public:
  struct Piece {
    std::string text;  // at most about 256 KiB
    bool last = false;
  };
  virtual ~Export() = default;
  // Reads on, on the thread of exports; `done` comes there (or at once: unavailable, exhausted). One at a time.
  virtual void next(std::function<void(Result<Piece>)> done) = 0;
};

enum class State { off, opening, ready, broken };

struct Figures {
  State state = State::off;
  std::string trouble;               // why it is `broken`; a sentence
  std::string set_aside;             // the newest damaged file that was set aside since the start, where it lies now
  std::uint64_t recorded = 0;        // values that are in the files
  std::uint64_t thinned = 0;         // values faster than their channel declares
  std::uint64_t refused = 0;         // values that do not fit their channel's schema, or of no plausible time
  std::uint64_t dropped = 0;         // values lost: too many waited, the disk was full or failed
  std::uint64_t dropped_lately = 0;  // of those, within the last ten minutes
  std::string dropped_why;           // of the newest of them; a sentence
  std::uint64_t over_limit = 0;      // series that are not kept because there are too many
  std::size_t series = 0;            // that are being recorded
  std::size_t waiting = 0;           // values that wait to be written
  std::int64_t bytes = 0;            // of all its files
};

// Thread-safe.
class History {
 public:
  // So many questions wait, and so many pieces of files; one more is refused.
  static constexpr int kMostWaiting = 64;
  struct Ground {                  // what it stands on; must outlive it
    std::filesystem::path folder;  // the data folder, which belongs to this program
    const Clock* clock = nullptr;
    std::function<void(const std::string&)> warn;  // a line for the log [any-thread]
    std::function<bool()> room = {};               // false: the disk is nearly full; empty: never
    std::size_t most_rolls = 500'000;              // that wait in memory while history.db cannot be written: 24 MB
  };
  // Touches no file and starts no thread.
  History(Ground ground, Settings settings);
  ~History();  // end()
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // Opens the files on the history's own thread and begins to write; once, when the hub is ready. A damaged file is set
  // aside and a new one begun. Does not block.
  void open();
  // Writes what waits and closes the files; answers what was asked (unavailable). Blocks. Idempotent, one thread.
  void end();
  // Keeping times, flush and number of series count from now on.
  void configure(const Settings& settings);

  // What the device publishes from now on; a null type: nothing that is known. Does not block on the disk.
  void describe(const DeviceId& device, const plugin::DeviceType* type);
  // A value of a channel, an object as JSON that was read strictly before. Every number and boolean that fits the
  // channel's schema becomes a row; what does not fit is left out whole and said once a minute. Values of a time in the
  // future or more than an hour ago, of unknown devices or channels are left out too. Never blocks on the disk.
  void record(const DeviceId& device, std::string_view channel, std::int64_t wall_ms, std::string_view value_json);
  // The same for a value that the caller has checked.
  void record(const DeviceId& device, std::string_view channel, std::int64_t wall_ms, const Numbers& value);
  // Removes all that is kept of the device (in the background, durable once `done` was called). What comes later is
  // recorded anew.
  void erase(const DeviceId& device, std::function<void(Status)> done);

  // `done` comes on the thread of queries (or at once: unavailable, exhausted). Errors: invalid_argument, unavailable
  // (not open yet, off, broken), exhausted (too many values, while roll-ups lack), those of the disk.
  void ask(Query query, std::function<void(Result<Answer>)> done);
  // Null and an error: as ask().
  Result<std::shared_ptr<Export>> beginExport(ExportQuery query);

  // Waits until all that was recorded before is in the files (or lost); tests and tools.
  void flush();
  Figures figures() const;

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace robohub::telemetry
