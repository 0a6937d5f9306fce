// What a cloudtalker says, as types: docs/PROTOCOL.md, section 6. Pure functions. [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"

namespace robohub::gateway {

// Where it stands. It says so on opening, now and then, and after each text that it gets.
struct TalkerState {
  std::int64_t id = 0;  // 0 until it is given one
  double heartbeat_s = 10;
  bool armed = false;
  bool capture_flag = false;  // turning it over asks for a capture
};

struct TalkerAlarm {
  std::int64_t at_ms = 0;
};

// Everything that has to do with a capture ends the segment before it.
struct TalkerCapture {
  enum class What { start, segment, end };
  What what = What::start;
  std::string key;      // of the whole capture: "pir.1529842538"
  std::string trigger;  // "pir" or "request"
  std::int64_t started_ms = 0;
  std::uint32_t number = 0;  // of the segment
};

using TalkerMessage = std::variant<TalkerState, TalkerAlarm, TalkerCapture>;

// Errors: invalid_argument, unsupported (a type that it does not have).
Result<TalkerMessage> parseTalker(std::string_view text);
// Whether a text that parseTalker() has refused says that it has to do with a capture.
bool meantCapture(std::string_view text);

// What the hub says: only the members that are to change.
struct TalkerChange {
  std::int64_t id = -1;          // below 0: stays
  std::int64_t heartbeat_s = 0;  // 0: stays (it is slept on, so it is never sent)
  int armed = -1;                // 0 or 1; below 0: stays
  int capture_flag = -1;         // 0 or 1; below 0: stays
  bool empty() const { return id < 0 && heartbeat_s <= 0 && armed < 0 && capture_flag < 0; }
};
std::string encodeTalker(const TalkerChange& change);

// "mp4" or "ts", by the first bytes of a segment: 8 of them, or the whole of a shorter one.
const char* segmentFormat(std::string_view first_bytes);

}  // namespace robohub::gateway
