#include "telemetry/plan.hpp"

#include <algorithm>

#include "telemetry/rollup.hpp"

namespace robohub::telemetry {

std::int64_t stepOf(Level level) {
  return level == Level::raw ? 0 : kSteps[static_cast<std::size_t>(level) - 1];
}

std::int64_t widthFor(Span span, std::size_t points, std::int64_t unit_ms) {
  const auto most = static_cast<std::int64_t>(std::max<std::size_t>(points, 1));
  const std::int64_t length = std::max<std::int64_t>(span.to_ms - span.from_ms, 1);
  const auto cuts = [&](std::int64_t width) {
    return (floorTo(span.to_ms - 1, width) - floorTo(span.from_ms, width)) / width + 1;
  };
  std::int64_t width = (length + most - 1) / most;
  width = std::max<std::int64_t>((width + unit_ms - 1) / unit_ms, 1) * unit_ms;
  // A span that begins within a step touches one more than its length says; one point alone must hold both ends.
  while (cuts(width) > most) width += std::max<std::int64_t>(width / 64 / unit_ms, 1) * unit_ms;
  return width;
}

Level finestSince(std::int64_t from_ms, const Kept& kept) {
  if (from_ms >= kept.raw_from_ms) return Level::raw;
  return from_ms >= kept.minutes_from_ms ? Level::minute : Level::ten_minutes;
}

Plan planFor(Span span, std::size_t points, const Kept& kept) {
  const auto most = static_cast<std::int64_t>(std::max<std::size_t>(points, 1));
  const std::int64_t wanted = (span.to_ms - span.from_ms) / most;
  const Level finest = finestSince(span.from_ms, kept);
  if (finest == Level::raw && kept.rows <= kMostRawRows) {
    if (kept.most_rows_a_series <= most) return {Level::raw, 0};
    if (wanted < 2 * stepOf(Level::minute)) return {Level::raw, widthFor(span, points, 1)};
  }
  // The coarsest level of which at least two steps make a point: fewer rows to read, and little is lost by cutting.
  Level level = std::max(finest, Level::minute);
  for (const Level coarser : {Level::ten_minutes, Level::hour})
    if (coarser > level && wanted >= 2 * stepOf(coarser)) level = coarser;
  return {level, widthFor(span, points, stepOf(level))};
}

}  // namespace robohub::telemetry
