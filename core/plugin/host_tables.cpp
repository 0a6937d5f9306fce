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

constexpr rh_host_frames kFrames{sizeof(rh_host_frames), 0, frame};
constexpr rh_host_state kState{sizeof(rh_host_state), 0, loadState, saveState};

const void* extension(const rh_host*, rh_text id) {
  if (fromText(id) == RH_FRAMES_V1) return &kFrames;
  if (fromText(id) == RH_STATE_V1) return &kState;
  return nullptr;
}

constexpr rh_host kHost{sizeof(rh_host), RH_ABI_VERSION, nullptr, logLine, publish, complete, extension};

}  // namespace

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
