#include "telemetry/export.hpp"

#include <algorithm>
#include <limits>

#include "telemetry/text.hpp"

namespace robohub::telemetry {

namespace {
constexpr std::size_t kPieceBytes = 192 * 1024;
constexpr std::int64_t kRowsAtOnce = 2000;

// So many that they are no larger than a piece, however long the names are. For whoever fetches the file slowly the
// rest of one piece and the whole next one wait, and a connection that lets more than 1 MiB wait is ended.
std::int64_t rowsAtOnce(Format format, const SeriesKey& series, Level level, const Span& span) {
  constexpr double kLongest = std::numeric_limits<double>::lowest();
  std::string row;
  appendRow(row, format, series, level, {span.to_ms, span.to_ms, kLongest, kLongest, kLongest});
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(kPieceBytes / row.size()), 1, kRowsAtOnce);
}

}  // namespace

void FileExport::next(std::function<void(Result<Piece>)> done) {
  const Status asked = thread_.run([self = shared_from_this(), done](Reader& reader) { done(self->read(reader)); });
  if (!asked) done(fail(asked.error()));
}

Status FileExport::begin(Reader& reader) {
  auto found = reader.series(query_.query);
  if (!found) return fail(found.error());
  series_ = std::move(*found);
  if (query_.level) {
    level_ = *query_.level;
  } else {
    const auto kept = reader.keptOf(series_, {query_.query.from_ms, query_.query.to_ms});
    if (!kept) return fail(kept.error());
    level_ = finestSince(query_.query.from_ms, *kept);
  }
  from_ms_ = query_.query.from_ms;
  begun_ = true;
  return {};
}

Result<Export::Piece> FileExport::read(Reader& reader) {
  if (shared_.ending) return fail(ErrorCode::unavailable, "The hub is shutting down.");
  Piece piece;
  if (!begun_) {
    if (Status begun = begin(reader); !begun) return fail(begun.error());
    if (query_.format == Format::csv) piece.text = csvHead(level_);
  }
  while (at_ < series_.size() && piece.text.size() < kPieceBytes) {
    bool more = false;
    if (Status read = rows(reader, series_[at_], piece.text, more); !read) return fail(read.error());
    if (more) continue;
    ++at_;
    from_ms_ = query_.query.from_ms;
  }
  piece.last = at_ == series_.size();
  return piece;
}

Status FileExport::rows(Reader& reader, const Numbered& series, std::string& text, bool& more) {
  const Span span{from_ms_, query_.query.to_ms};
  const std::int64_t most = rowsAtOnce(query_.format, series.key, level_, span);
  std::int64_t count = 0;
  const auto put = [&](const Point& point) {
    appendRow(text, query_.format, series.key, level_, point);
    ++count;
  };
  if (level_ == Level::raw) {
    Status read = reader.raw(series.id, span, most, [&](std::int64_t t, double value) {
      put({t, 1, value, value, value});
      from_ms_ = t + 1;
    });
    if (!read) return read;
    more = count == most;
    return {};
  }
  auto buckets = reader.rollups(level_, series.id, span, most);
  if (!buckets) return fail(buckets.error());
  for (const Bucket& bucket : *buckets) {
    put({bucket.t, bucket.n, bucket.min, bucket.max, bucket.mean()});
    from_ms_ = bucket.t + stepOf(level_);
  }
  more = count >= most && from_ms_ < query_.query.to_ms;
  return {};
}

}  // namespace robohub::telemetry
