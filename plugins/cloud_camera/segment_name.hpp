// Names of segments as the older programs know them: <pir|cap>.<utc seconds>.<segment number>.<mp4|ts>. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cloud_camera {

// 2200: no clock is that wrong, and milliseconds of it still fit everywhere.
constexpr std::int64_t kLastNamed_s = 7'258'118'400;

struct SegmentName {
  std::string prefix;  // "pir" or "cap"
  std::int64_t seconds = 0;
  std::uint32_t number = 0;
  std::string format;  // "mp4" or "ts"

  std::string text() const;  // "pir.1529842538.0.mp4"
  std::string key() const;   // "pir.1529842538": the capture's
  // "pir" or "request"
  std::string trigger() const { return prefix == "pir" ? "pir" : "request"; }
};

// Of a file's name without its folder; nothing for any other name.
std::optional<SegmentName> parseSegmentName(std::string_view name);

}  // namespace cloud_camera
