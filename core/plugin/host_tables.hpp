// The tables of functions that a plugin gets from us (rh_host and its extensions). One set for the process: the
// rh_host_device that comes with each call is the DeviceSink behind it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rh/abi.h"

namespace robohub::plugin {

// A finished segment of a capture, as a driver hands it over: `file` is said to be a plain name in its capture folder.
struct CaptureSegment {
  std::string key, trigger;
  std::int64_t started_ms = 0;  // wall clock
  std::uint32_t number = 0;
  std::string file;
};

inline constexpr std::size_t kMaxCaptureKey = 64;
inline constexpr std::size_t kMaxSegmentFile = 96;
inline constexpr std::uint32_t kMaxSegments = 4096;  // of one capture

// What may be a capture's key (at most 64 characters) or a segment's file (at most 96): no path, nothing hidden.
bool isPlainName(std::string_view name, std::size_t longest);
// Errors: invalid_argument (a key, trigger, file or time that is none).
Status checkSegment(const CaptureSegment& segment);

// Where a device's calls end. [any-thread]
class DeviceSink {
 public:
  virtual ~DeviceSink() = default;
  virtual void onLogLine(std::int32_t level, std::string_view line) = 0;
  virtual void onPublished(std::string_view channel, std::string_view json) = 0;
  virtual void onCompleted(std::uint64_t request, rh_status status, std::string_view text) = 0;
  virtual void onFrame(std::string_view stream, std::string_view bytes, std::int64_t t_ns) = 0;
  virtual Result<std::string> onLoadState() = 0;
  virtual Status onSaveState(std::string_view state) = 0;
  virtual Result<std::string> onCaptureFolder() = 0;
  virtual Status onSegment(CaptureSegment segment) = 0;
  virtual Status onCaptureEnd(std::string_view key, std::uint32_t segments) = 0;
  virtual bool onAskedWhetherGoesOn(std::uint64_t epoch) = 0;

  rh_host_device* hostDevice() { return reinterpret_cast<rh_host_device*>(this); }
};

// The host's table; valid for ever. Lines without a device go to standard error.
const rh_host* hostTable();

inline rh_text toText(std::string_view text) {
  return rh_text{text.data(), text.size()};
}
inline std::string_view fromText(rh_text text) {
  return text.size ? std::string_view(text.data, text.size) : std::string_view();
}
// A sink that appends to a string, up to 1 MiB.
rh_sink sinkTo(std::string& out);

}  // namespace robohub::plugin
