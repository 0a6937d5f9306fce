// What the history's threads share: where it lies, what is kept, what is in memory only. Internal to this folder.
#pragma once
#include <atomic>
#include <map>
#include <unordered_map>

#include "base/mutex.hpp"
#include "telemetry/history.hpp"
#include "telemetry/raw_file.hpp"
#include "telemetry/rollup.hpp"

namespace robohub::telemetry {

// Roll-ups that are not in history.db yet. The writer takes them out slice by slice: what it is writing just now stays
// visible as `flying` until the commit, which happens under the lock. So whoever begins to read the file and copies
// from here under the same lock sees every value exactly once.
struct Rolls {
  Mutex mutex;
  std::unordered_map<std::int64_t, SeriesRoll> waiting RH_GUARDED_BY(mutex);
  std::unordered_map<std::int64_t, SeriesRoll> flying;  // changed with it by the writer, who alone reads it without
  std::size_t buckets RH_GUARDED_BY(mutex) = 0;         // of `waiting`
};

// Thread-safe.
class Shared {
  // Calls it with the mutex locked, which the analysis cannot see through a template's parameter.
  template <class F>
  auto locked(F work) const RH_NO_THREAD_SAFETY_ANALYSIS {
    Lock lock(mutex_);
    return work();
  }

 public:
  Shared(History::Ground given, Settings settings)
      : clock(*given.clock),
        warn(std::move(given.warn)),
        room(std::move(given.room)),
        most_rolls(given.most_rolls),
        series_file(given.folder / "history.db"),
        raw_folder(given.folder / "history"),
        settings_(settings) {}

  const Clock& clock;
  const std::function<void(const std::string&)> warn;
  const std::function<bool()> room;
  const std::size_t most_rolls;
  const std::filesystem::path series_file, raw_folder;
  Rolls rolls;
  std::atomic<State> state{State::opening};
  std::atomic<std::uint64_t> generation{0};  // rises when history.db was opened, and when a file was set aside
  std::atomic<bool> ending{false};

  Settings settings() const {
    return locked([&]() RH_REQUIRES(mutex_) { return settings_; });
  }
  void set(const Settings& settings) {
    locked([&]() RH_REQUIRES(mutex_) { settings_ = settings; });
  }

  // The raw files there are, by time.
  std::vector<RawPeriod> periods() const {
    return locked([&]() RH_REQUIRES(mutex_) { return periods_; });
  }
  void setPeriods(std::vector<RawPeriod> periods) {
    locked([&]() RH_REQUIRES(mutex_) { periods_ = std::move(periods); });
  }
  // Since when single values are kept; now when there are none.
  std::int64_t rawFrom() const {
    const auto all = periods();
    return all.empty() ? toMs(clock.wall()) : all.front().start_ms;
  }

  // A file failed a reader: the writer looks after it. `generation` is of before the reader opened it: what lies there
  // by now may be another file.
  struct Suspect {
    std::filesystem::path file;
    std::uint64_t generation = 0;
  };
  void suspect(const std::filesystem::path& file, std::uint64_t at_generation) {
    locked([&]() RH_REQUIRES(mutex_) { suspects_.push_back({file, at_generation}); });
  }
  std::vector<Suspect> takeSuspects() {
    return locked([&]() RH_REQUIRES(mutex_) { return std::exchange(suspects_, {}); });
  }

  void setTrouble(std::string trouble) {
    locked([&]() RH_REQUIRES(mutex_) { trouble_ = std::move(trouble); });
  }
  void setAside(std::string where) {
    locked([&]() RH_REQUIRES(mutex_) { set_aside_ = std::move(where); });
  }
  std::string trouble() const {
    return locked([&]() RH_REQUIRES(mutex_) { return trouble_; });
  }
  std::string aside() const {
    return locked([&]() RH_REQUIRES(mutex_) { return set_aside_; });
  }

 private:
  mutable Mutex mutex_;
  Settings settings_ RH_GUARDED_BY(mutex_);
  std::vector<RawPeriod> periods_ RH_GUARDED_BY(mutex_);
  std::vector<Suspect> suspects_ RH_GUARDED_BY(mutex_);
  std::string trouble_ RH_GUARDED_BY(mutex_), set_aside_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::telemetry
