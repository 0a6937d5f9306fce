// Which level answers a question, and how wide its steps become: at most the asked number of points, as fine as that
// allows, without reading millions of rows. Pure.
#pragma once
#include <cstdint>

#include "telemetry/history.hpp"

namespace robohub::telemetry {

struct Span {
  std::int64_t from_ms = 0, to_ms = 0;  // [from, to)
};

// What is there to answer from.
struct Kept {
  std::int64_t raw_from_ms = 0;
  std::int64_t minutes_from_ms = 0;
  std::int64_t most_rows_a_series = 0;  // single values in the span, about
  std::int64_t rows = 0;                // of all series, about
};

struct Plan {
  Level level = Level::raw;
  std::int64_t step_ms = 0;  // 0: single values
};

// Single values of so many rows are merged for one answer; above, roll-ups are.
inline constexpr std::int64_t kMostRawRows = 400'000;

Plan planFor(Span span, std::size_t points, const Kept& kept);

// The narrowest multiple of `unit_ms` whose steps, counted from 1970, cut the span into at most `points`.
std::int64_t widthFor(Span span, std::size_t points, std::int64_t unit_ms);

// The finest level that still covers `from_ms`.
Level finestSince(std::int64_t from_ms, const Kept& kept);

// 0 of raw.
std::int64_t stepOf(Level level);

}  // namespace robohub::telemetry
