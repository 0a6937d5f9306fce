// Reading history: one object a thread, with connections of its own. Each transaction is short, so that the writer's
// log can be reused; between them nothing is held.
#pragma once
#include <list>

#include "telemetry/series_file.hpp"
#include "telemetry/shared.hpp"

namespace robohub::telemetry {

// Used by one thread. Everything blocks on the disk.
class Reader {
 public:
  explicit Reader(Shared& shared) : shared_(shared) {}

  // Errors: invalid_argument, unavailable, those of the disk.
  Result<Answer> answer(const Query& query);

  Result<std::vector<Numbered>> series(const Query& query);
  // Buckets of the level that overlap the span, at most `most` of the file, with those that are in memory only.
  Result<std::vector<Bucket>> rollups(Level level, std::int64_t series, Span span, std::int64_t most);
  // Single values in order of time, at most `most`.
  Status raw(std::int64_t series, Span span, std::int64_t most, const std::function<void(std::int64_t, double)>& each);
  // What there is of these series to answer a question about the span from; how many rows is not said.
  Result<Kept> keptOf(const std::vector<Numbered>& series, Span span);
  // Lets go of every file.
  void close();

 private:
  struct Open {
    std::filesystem::path path;
    std::uint64_t generation = 0;  // of before it was opened
    std::unique_ptr<store::Session> session;
  };
  Kept kept() const;
  Result<store::Session*> main();
  Result<store::Session*> of(const RawPeriod& period);
  // Whether single values are all there is of these series in the span.
  Result<bool> rawCovers(const std::vector<Numbered>& series, Span span);
  Result<bool> minutesCover(const std::vector<Numbered>& series, Span span);
  Result<bool> hasSteps(const std::vector<Numbered>& series, Span span);
  Status count(const std::vector<Numbered>& series, Span span, Kept& kept);
  Result<std::vector<SeriesAnswer>> allPoints(const std::vector<Numbered>& series, Span span, const Plan& plan,
                                              std::int64_t most);
  Result<std::vector<Point>> points(std::int64_t series, Span span, const Plan& plan, std::int64_t& left);
  Error told(const std::filesystem::path& file, std::uint64_t generation, const Error& why);
  Error toldMain(const Error& why) { return told(shared_.series_file, generation_, why); }

  Shared& shared_;
  std::uint64_t generation_ = 0;  // of before main_ was opened
  std::unique_ptr<store::Session> main_;
  std::list<Open> raw_;  // the newest used first
};

}  // namespace robohub::telemetry
