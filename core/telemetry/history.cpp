#include "telemetry/history.hpp"

#include <future>

#include "telemetry/answers.hpp"
#include "telemetry/export.hpp"
#include "telemetry/intake.hpp"
#include "telemetry/writer.hpp"

namespace robohub::telemetry {

namespace {
constexpr std::size_t kMostPoints = 5000;
}  // namespace

struct History::Parts {
  Parts(Ground ground, Settings settings) : shared(std::move(ground), settings) {
    intake.setMaxSeries(settings.max_series);
  }
  Shared shared;
  Intake intake{shared.clock, shared.warn};
  Writer writer{shared, intake};
  ReadingThread questions{shared, "rh-hist-read", kMostWaiting};
  ReadingThread exports{shared, "rh-hist-file", kMostWaiting};
  bool opened = false, ended = false;
};

History::History(Ground ground, Settings settings) : parts_(std::make_shared<Parts>(std::move(ground), settings)) {}

History::~History() {
  end();
}

void History::open() {
  if (std::exchange(parts_->opened, true)) return;
  parts_->intake.accept(true);
  parts_->writer.begin();
}

void History::end() {
  if (std::exchange(parts_->ended, true)) return;
  parts_->intake.accept(false);
  parts_->shared.ending = true;
  // Readers first: the last connection to go empties the log, and that must be the writer's.
  parts_->questions.end();
  parts_->exports.end();
  parts_->writer.end();
}

void History::configure(const Settings& settings) {
  parts_->shared.set(settings);
  parts_->intake.setMaxSeries(settings.max_series);
}

void History::describe(const DeviceId& device, const plugin::DeviceType* type) {
  parts_->intake.describe(device, type);
}

void History::record(const DeviceId& device, std::string_view channel, std::int64_t wall_ms,
                     std::string_view value_json) {
  parts_->intake.record(device, channel, wall_ms, value_json);
}

void History::record(const DeviceId& device, std::string_view channel, std::int64_t wall_ms, const Numbers& value) {
  parts_->intake.record(device, channel, wall_ms, value);
}

void History::erase(const DeviceId& device, std::function<void(Status)> done) {
  const bool asked = parts_->writer.run([parts = parts_.get(), device, done] { done(parts->writer.erase(device)); });
  if (!asked) done(fail(ErrorCode::unavailable, "The history is not open."));
}

void History::ask(Query query, std::function<void(Result<Answer>)> done) {
  query.points = std::clamp<std::size_t>(query.points, 1, kMostPoints);
  const Status asked =
      parts_->questions.run([shared = &parts_->shared, query = std::move(query), done](Reader& reader) {
        if (shared->ending) return done(fail(ErrorCode::unavailable, "The hub is shutting down."));
        done(reader.answer(query));
      });
  if (!asked) done(fail(asked.error()));
}

Result<std::shared_ptr<Export>> History::beginExport(ExportQuery query) {
  if (query.query.from_ms < 0 || query.query.to_ms <= query.query.from_ms)
    return fail(ErrorCode::invalid_argument, "`to` must be later than `from`.", "/to");
  switch (parts_->shared.state.load()) {
    case State::ready: break;
    case State::opening: return fail(ErrorCode::unavailable, "The history is being opened; try again in a moment.");
    default: return fail(ErrorCode::unavailable, "The history cannot be read: " + parts_->shared.trouble());
  }
  return std::shared_ptr<Export>(std::make_shared<FileExport>(parts_->shared, parts_->exports, std::move(query)));
}

void History::flush() {
  std::promise<void> written;
  auto done = written.get_future();
  const bool asked = parts_->writer.run([this, &written] {
    parts_->writer.writeNow();
    written.set_value();
  });
  if (asked) done.wait();
}

Figures History::figures() const {
  Figures now;
  const IntakeCounts in = parts_->intake.counts();
  const WriterCounts out = parts_->writer.counts();
  now.state = parts_->shared.state;
  now.trouble = parts_->shared.trouble();
  now.set_aside = parts_->shared.aside();
  now.recorded = out.recorded;
  now.thinned = in.thinned;
  now.refused = in.refused;
  now.dropped = out.dropped;
  now.dropped_lately = out.dropped_lately;
  now.dropped_why = out.dropped_why;
  now.over_limit = in.over_limit;
  now.series = in.series;
  now.waiting = in.waiting;
  now.bytes = parts_->writer.bytes();
  return now;
}

}  // namespace robohub::telemetry
