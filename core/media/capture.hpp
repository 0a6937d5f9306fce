// What is known of one capture: a video that a device sent in segments or the hub recorded, or a picture that was kept.
// Plain values. [any-thread]
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace robohub::media {

using CaptureId = std::int64_t;

enum class CaptureState {
  open,     // segments may still come
  joining,  // all are here; the worker makes one video of them, now or soon
  ready,
  failed,  // nothing of it can be shown; `message` says why
};
const char* toString(CaptureState state);
enum class CaptureKind { video, still };
const char* toString(CaptureKind kind);

// Immutable once it is handed out.
struct Capture {
  CaptureId id = 0;
  DeviceId device;
  std::string key;      // what its source calls it
  std::string trigger;  // "pir", "request", "alarm", "record" or "still"
  std::int64_t started_ms = 0, created_ms = 0;
  std::optional<std::int64_t> ended_ms;
  CaptureState state = CaptureState::open;
  std::int64_t bytes = 0;  // on disk: the segments, and the joined video once there is one
  std::int64_t duration_ms = 0;
  int width = 0, height = 0;
  std::string message;
  std::vector<std::uint32_t> gaps;  // numbers of segments that are not in the video
  CaptureKind kind() const { return trigger == "still" ? CaptureKind::still : CaptureKind::video; }
};
using CapturePtr = std::shared_ptr<const Capture>;

// A recording of a live stream that the hub is making.
struct StreamRecording {
  CaptureId capture = 0;
  std::int64_t started_ms = 0;  // wall clock
};

enum class SegmentState { stored, joined, refused };
const char* toString(SegmentState state);

struct CaptureSegment {
  std::uint32_t number = 0;
  std::int64_t bytes = 0;  // 0: it never came
  SegmentState state = SegmentState::stored;
  std::string message;
};

// CAPTURE of docs/PROTOCOL.md.
std::string captureJson(const Capture& capture);
// The same with "segments".
std::string captureJson(const Capture& capture, const std::vector<CaptureSegment>& segments);

struct CaptureStart {
  DeviceId device;
  std::string key;      // 1 to 64 printable characters of ASCII; a name for ever on this device
  std::string trigger;  // as in Capture
  std::int64_t started_ms = 0;
};
// Errors: invalid_argument with its pointer ("/key").
Status checkStart(const CaptureStart& start);

// At most so many segments belong to one capture.
inline constexpr std::uint32_t kMaxSegments = 4096;

struct SegmentStart {
  std::uint32_t number = 0;            // below kMaxSegments
  std::optional<std::uint64_t> bytes;  // both or none. None: the segment is what comes until finish()
  std::optional<std::string> sha256;   // 64 hexadecimal digits
  std::string format = "mp4";          // or "ts"
};
Status checkSegment(const SegmentStart& start);

}  // namespace robohub::media
