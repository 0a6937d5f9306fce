#include "plugin/host_tables.hpp"

#include <cstdio>

namespace robohub::plugin {
namespace {

constexpr std::size_t kMaxSinkBytes = 1 << 20;

DeviceSink* sinkOf(rh_host_device* device) {
  return reinterpret_cast<DeviceSink*>(device);
}

// What crosses back into the plugin is a status, never an exception.
template <class Fn>
void guarded(Fn&& fn) noexcept {
  try {
    fn();
  } catch (...) {  // out of memory: the call is lost, the plugin goes on
  }
}

rh_status statusOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::not_found: return RH_NOT_FOUND;
    case ErrorCode::too_large: return RH_TOO_LARGE;
    case ErrorCode::corrupt: return RH_CORRUPT;
    case ErrorCode::unsupported: return RH_UNSUPPORTED;
    case ErrorCode::invalid_argument: return RH_INVALID_ARGUMENT;
    default: return RH_INTERNAL;
  }
}

void logLine(const rh_host*, rh_host_device* device, std::int32_t level, rh_text line) {
  guarded([&] {
    if (device)
      sinkOf(device)->onLogLine(level, fromText(line));
    else
      std::fprintf(stderr, "plugin: %.*s\n", static_cast<int>(line.size), line.data);
  });
}
void publish(const rh_host*, rh_host_device* device, rh_text channel, rh_text json) {
  guarded([&] { sinkOf(device)->onPublished(fromText(channel), fromText(json)); });
}
void complete(const rh_host*, rh_host_device* device, std::uint64_t request, rh_status status, rh_text text) {
  guarded([&] { sinkOf(device)->onCompleted(request, status, fromText(text)); });
}
void frame(const rh_host*, rh_host_device* device, rh_text stream, rh_bytes jpeg, std::int64_t t_ns) {
  guarded([&] {
    sinkOf(device)->onFrame(fromText(stream), {reinterpret_cast<const char*>(jpeg.data), jpeg.size}, t_ns);
  });
}
rh_status loadState(const rh_host*, rh_host_device* device, const rh_sink* out) {
  rh_status status = RH_INTERNAL;
  guarded([&] {
    auto state = sinkOf(device)->onLoadState();
    status = state ? RH_OK : statusOf(state.error());
    if (state && !state->empty()) out->write(out->context, toText(*state));
  });
  return status;
}
rh_status saveState(const rh_host*, rh_host_device* device, rh_bytes state) {
  rh_status status = RH_INTERNAL;
  guarded([&] {
    auto saved = sinkOf(device)->onSaveState({reinterpret_cast<const char*>(state.data), state.size});
    status = saved ? RH_OK : statusOf(saved.error());
  });
  return status;
}

rh_status captureFolder(const rh_host*, rh_host_device* device, const rh_sink* out) {
  rh_status status = RH_INTERNAL;
  guarded([&] {
    auto folder = sinkOf(device)->onCaptureFolder();
    status = folder ? RH_OK : statusOf(folder.error());
    if (folder) out->write(out->context, toText(*folder));
  });
  return status;
}
rh_status handOverSegment(const rh_host*, rh_host_device* device, rh_text key, rh_text trigger, std::int64_t started_ms,
                          std::uint32_t number, rh_text file) {
  rh_status status = RH_INTERNAL;
  guarded([&] {
    CaptureSegment segment{std::string(fromText(key)), std::string(fromText(trigger)), started_ms, number,
                           std::string(fromText(file))};
    auto taken = sinkOf(device)->onSegment(std::move(segment));
    status = taken ? RH_OK : statusOf(taken.error());
  });
  return status;
}
rh_status endCapture(const rh_host*, rh_host_device* device, rh_text key, std::uint32_t segments) {
  rh_status status = RH_INTERNAL;
  guarded([&] {
    auto ended = sinkOf(device)->onCaptureEnd(fromText(key), segments);
    status = ended ? RH_OK : statusOf(ended.error());
  });
  return status;
}

std::int32_t goesOn(const rh_host*, rh_host_device* device, std::uint64_t epoch) {
  std::int32_t goes_on = 1;
  guarded([&] { goes_on = sinkOf(device)->onAskedWhetherGoesOn(epoch) ? 1 : 0; });
  return goes_on;
}

constexpr rh_host_frames kFrames{sizeof(rh_host_frames), 0, frame};
constexpr rh_host_state kState{sizeof(rh_host_state), 0, loadState, saveState};
constexpr rh_host_captures kCaptures{sizeof(rh_host_captures), 0, captureFolder, handOverSegment, endCapture};
constexpr rh_host_turns kTurns{sizeof(rh_host_turns), 0, goesOn};

const void* extension(const rh_host*, rh_text id) {
  if (fromText(id) == RH_FRAMES_V1) return &kFrames;
  if (fromText(id) == RH_STATE_V1) return &kState;
  if (fromText(id) == RH_CAPTURES_V1) return &kCaptures;
  if (fromText(id) == RH_TURNS_V1) return &kTurns;
  return nullptr;
}

constexpr rh_host kHost{sizeof(rh_host), RH_ABI_VERSION, nullptr, logLine, publish, complete, extension};

}  // namespace

bool isPlainName(std::string_view name, std::size_t longest) {
  return !name.empty() && name.size() <= longest && name.front() != '.' && name.back() != '.' &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") ==
             std::string_view::npos;
}

Status checkSegment(const CaptureSegment& segment) {
  if (!isPlainName(segment.key, kMaxCaptureKey))
    return fail(ErrorCode::invalid_argument, "A capture's key is a plain name of up to 64 characters.");
  if (segment.trigger != "pir" && segment.trigger != "request" && segment.trigger != "alarm")
    return fail(ErrorCode::invalid_argument, "A capture's trigger is pir, request or alarm.");
  const std::string_view file = segment.file;
  if (!isPlainName(file, kMaxSegmentFile) || !(file.ends_with(".mp4") || file.ends_with(".ts")))
    return fail(ErrorCode::invalid_argument, "A segment is a file of the capture folder that ends in .mp4 or .ts.");
  if (segment.started_ms <= 0 || segment.number >= kMaxSegments)
    return fail(ErrorCode::invalid_argument, "A segment's number is below 4096, its capture's begin a time.");
  return {};
}

const rh_host* hostTable() {
  return &kHost;
}

rh_sink sinkTo(std::string& out) {
  return rh_sink{sizeof(rh_sink), 0, &out, [](void* context, rh_text part) {
                   auto& text = *static_cast<std::string*>(context);
                   guarded([&] {
                     if (text.size() + part.size <= kMaxSinkBytes) text.append(part.data, part.size);
                   });
                 }};
}

}  // namespace robohub::plugin
