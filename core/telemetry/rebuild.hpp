// After a crash (or when history.db had to be begun anew) roll-ups lack what came last. The single values are all
// there, so the steps that were touched are made again from them: minutes from values, ten minutes and hours from
// minutes. Doing it twice changes nothing.
#pragma once
#include <atomic>

#include "telemetry/raw_file.hpp"
#include "telemetry/series_file.hpp"

namespace robohub::telemetry {

struct Rebuilt {
  std::int64_t last_batch = 0;                 // the highest number of a write that any file knows
  std::int64_t buckets = 0;                    // minutes that were made again
  std::vector<std::filesystem::path> damaged;  // files whose content is spoilt
};

// Blocks. `stop` ends it (unavailable); what is done stays. A file that cannot be read, undamaged, is an error of its
// own (never corrupt, and with its path as `where`), so that its values are neither left out for good nor taken for
// damaged.
Result<Rebuilt> rebuild(SeriesFile& to, const std::vector<RawPeriod>& periods, const std::atomic<bool>& stop);

}  // namespace robohub::telemetry
