// The tables of functions that a plugin gets from us (rh_host and its extensions). One set for the process: the
// rh_host_device that comes with each call is the DeviceSink behind it.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "rh/abi.h"

namespace robohub::plugin {

// Where a device's calls end. [any-thread]
class DeviceSink {
 public:
  virtual ~DeviceSink() = default;
  virtual void onLogLine(std::int32_t level, std::string_view line) = 0;
  virtual void onPublished(std::string_view channel, std::string_view json) = 0;
  virtual void onCompleted(std::uint64_t request, rh_status status, std::string_view text) = 0;
  virtual void onFrame(std::string_view stream, std::string_view jpeg, std::int64_t t_ns) = 0;
  virtual Result<std::string> onLoadState() = 0;
  virtual Status onSaveState(std::string_view state) = 0;

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
