// Values of a device as one file, of any size: asked for a span at a time, so that no answer is too large to be held,
// and never with a gap that nobody is told of. Command line only.
#pragma once
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "base/result.hpp"

namespace robohub::hub {

struct TelemetryFile {
  std::int64_t from_ms = 0, to_ms = 0;
  std::int64_t span_ms = 0;     // at most so much is asked for at a time
  bool has_heading = false;     // each answer begins with a line that the file has once
  std::size_t large_bytes = 0;  // an answer that the span is well adjusted to
  // from <= t < to. An answer that is longer than can be held is the error too_large.
  std::function<Result<std::string>(std::int64_t from_ms, std::int64_t to_ms)> ask;
};

// Writes until there is no more, or something cannot be had; what came before it is written then. Errors: those of
// `ask`; corrupt: the hub could not read on in the midst of an answer, or it broke off. Once anything is written, they
// say from when on values lack.
Status writeTelemetry(const TelemetryFile& file, std::ostream& out);

}  // namespace robohub::hub
