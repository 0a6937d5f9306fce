#include "cloud_camera/segment_name.hpp"

#include <charconv>

namespace cloud_camera {
namespace {

constexpr std::uint32_t kMostSegments = 4096;

// Takes the digits before the next dot off `text`.
template <class Number>
bool takeNumber(std::string_view& text, Number& number) {
  const auto dot = text.find('.');
  if (dot == 0 || dot == std::string_view::npos || text[0] == '-' || text[0] == '+') return false;
  const auto read = std::from_chars(text.data(), text.data() + dot, number);
  if (read.ec != std::errc() || read.ptr != text.data() + dot) return false;
  text.remove_prefix(dot + 1);
  return true;
}

}  // namespace

std::string SegmentName::key() const {
  return prefix + "." + std::to_string(seconds);
}

std::string SegmentName::text() const {
  return key() + "." + std::to_string(number) + "." + format;
}

std::optional<SegmentName> parseSegmentName(std::string_view name) {
  SegmentName segment;
  segment.prefix = name.substr(0, 3);
  if ((segment.prefix != "pir" && segment.prefix != "cap") || name.substr(3, 1) != ".") return std::nullopt;
  name.remove_prefix(4);
  if (!takeNumber(name, segment.seconds) || !takeNumber(name, segment.number)) return std::nullopt;
  if (segment.seconds <= 0 || segment.seconds > kLastNamed_s || segment.number >= kMostSegments) return std::nullopt;
  if (name != "mp4" && name != "ts") return std::nullopt;
  segment.format = name;
  return segment;
}

}  // namespace cloud_camera
