// How history is written for programs and people. Pure. [any-thread]
#pragma once
#include <string>

#include "telemetry/history.hpp"
#include "telemetry/intake.hpp"

namespace robohub::telemetry {

// The shortest text that reads back as the same number.
void appendNumber(std::string& text, double value);
// "2026-11-21T15:22:01.250Z".
void appendTime(std::string& text, std::int64_t t_ms);

// The first line of a file of this level, with its line end.
std::string csvHead(Level level);
// A row of the file: a line of RFC 4180 or of JSON.
void appendRow(std::string& text, Format format, const SeriesKey& series, Level level, const Point& point);

}  // namespace robohub::telemetry
