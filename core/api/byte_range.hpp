// Which part of a file a request wants (RFC 9110, section 14): players ask for the piece that is being watched. Pure.
// [any-thread]
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace robohub::api {

struct ByteRange {
  std::uint64_t first = 0, last = 0;  // both included
};

struct WantedBytes {
  bool satisfiable = true;         // false: 416
  std::optional<ByteRange> range;  // absent: the whole file
};

// `range` is the field Range ("bytes=0-99", "bytes=500-", "bytes=-200"), `if_range` the field If-Range, both "" when
// absent. What cannot be understood, other units, and several ranges at once count as none, as the standard allows.
WantedBytes wantedBytes(std::string_view range, std::string_view if_range, const std::string& etag,
                        std::uint64_t file_bytes);

}  // namespace robohub::api
