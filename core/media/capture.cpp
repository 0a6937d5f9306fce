#include "media/capture.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace robohub::media {

const char* toString(CaptureState state) {
  switch (state) {
    case CaptureState::open: return "open";
    case CaptureState::joining: return "joining";
    case CaptureState::ready: return "ready";
    case CaptureState::failed: return "failed";
  }
  return "failed";
}

const char* toString(CaptureKind kind) {
  return kind == CaptureKind::still ? "still" : "video";
}

const char* toString(SegmentState state) {
  switch (state) {
    case SegmentState::stored: return "stored";
    case SegmentState::joined: return "joined";
    case SegmentState::refused: return "refused";
  }
  return "refused";
}

std::string captureJson(const Capture& capture) {
  std::string gaps;
  for (const std::uint32_t gap : capture.gaps) gaps += (gaps.empty() ? "" : ",") + std::to_string(gap);
  std::string text = "{\"id\":" + std::to_string(capture.id);
  text += ",\"device\":\"" + capture.device.str() + "\",\"trigger\":" + json::quote(capture.trigger);
  text += ",\"started_ms\":" + std::to_string(capture.started_ms) + ",\"ended_ms\":";
  text += capture.ended_ms ? std::to_string(*capture.ended_ms) : std::string("null");
  text += std::string(",\"state\":\"") + toString(capture.state) + "\",\"bytes\":" + std::to_string(capture.bytes);
  text += ",\"duration_ms\":" + std::to_string(capture.duration_ms) + ",\"width\":" + std::to_string(capture.width);
  text += ",\"height\":" + std::to_string(capture.height) + ",\"message\":" + json::quote(capture.message);
  text += ",\"gaps\":[" + gaps + "],\"kind\":\"" + toString(capture.kind()) + "\"}";
  return text;
}

std::string captureJson(const Capture& capture, const std::vector<CaptureSegment>& segments) {
  std::string text = captureJson(capture);
  text.back() = ',';
  text += "\"segments\":[";
  for (const CaptureSegment& segment : segments) {
    text += (text.back() == '[' ? "{\"number\":" : ",{\"number\":") + std::to_string(segment.number);
    text += ",\"bytes\":" + std::to_string(segment.bytes) + ",\"state\":\"" + toString(segment.state);
    text += "\",\"message\":" + json::quote(segment.message) + "}";
  }
  return text + "]}";
}

Status checkStart(const CaptureStart& start) {
  const bool printable =
      std::all_of(start.key.begin(), start.key.end(), [](char each) { return each >= ' ' && each < 0x7f; });
  if (start.key.empty() || start.key.size() > 64 || !printable)
    return fail(ErrorCode::invalid_argument, "A capture's key has 1 to 64 printable characters of ASCII.", "/key");
  for (const char* trigger : {"pir", "request", "alarm", "record", "still"})
    if (start.trigger == trigger) {
      if (start.device.empty()) return fail(ErrorCode::invalid_argument, "A capture belongs to a device.", "/device");
      constexpr std::int64_t kYear10000Ms = 253'402'300'800'000;
      if (start.started_ms < 0 || start.started_ms >= kYear10000Ms)
        return fail(ErrorCode::invalid_argument, "A capture begins at a time since 1970, in milliseconds.",
                    "/started_ms");
      return {};
    }
  return fail(ErrorCode::invalid_argument, "A capture's trigger is pir, request or alarm.", "/trigger");
}

Status checkSegment(const SegmentStart& start) {
  if (start.number >= kMaxSegments)
    return fail(ErrorCode::invalid_argument,
                "A capture has at most " + std::to_string(kMaxSegments) + " segments, numbered from 0.", "/number");
  if (start.bytes.has_value() != start.sha256.has_value())
    return fail(ErrorCode::invalid_argument, "A segment says both its length and its SHA-256, or neither.", "/bytes");
  if (start.bytes && *start.bytes == 0)
    return fail(ErrorCode::invalid_argument, "A segment has at least one byte.", "/bytes");
  if (start.sha256 &&
      (start.sha256->size() != 64 || start.sha256->find_first_not_of("0123456789abcdef") != std::string::npos))
    return fail(ErrorCode::invalid_argument, "A SHA-256 is written as 64 hexadecimal digits in lower case.", "/sha256");
  if (start.format != "mp4" && start.format != "ts")
    return fail(ErrorCode::invalid_argument, "A segment's format is mp4 or ts.", "/format");
  return {};
}

}  // namespace robohub::media
