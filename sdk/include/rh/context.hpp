// What a device gets from its host: configuration, telemetry, pictures, a small state on disk, the log. A copyable
// handle; [any-thread] unless a line says otherwise. After the device was closed every call does nothing.
#pragma once
#include <memory>

#include "rh/json.hpp"
#include "rh/mutex.hpp"

namespace rh {

inline rh_text toText(std::string_view text) {
  return rh_text{text.data(), text.size()};
}
inline std::string_view fromText(rh_text text) {
  return text.size ? std::string_view(text.data, text.size) : std::string_view();
}

// A sink that appends to a string.
inline rh_sink sinkTo(std::string& out) {
  return rh_sink{sizeof(rh_sink), 0, &out,
                 [](void* context, rh_text part) { static_cast<std::string*>(context)->append(fromText(part)); }};
}
inline void give(const rh_sink* sink, std::string_view text) {
  if (sink && sink->write && !text.empty()) sink->write(sink->context, toText(text));
}

namespace detail {
// The way to the host; shut at close(), so that a thread that an author forgot cannot call into a host that is gone.
struct Port {
  const rh_host* host = nullptr;
  rh_host_device* device = nullptr;
  const rh_host_frames* frames = nullptr;
  const rh_host_state* state = nullptr;
  const rh_host_captures* captures = nullptr;
  const rh_host_turns* turns = nullptr;
  std::string id;
  std::string type;
  Json config;
  SharedMutex mutex;
  bool open RH_GUARDED_BY(mutex) = true;

  template <class Fn>
  void call(Fn&& fn) {
    ReadLock lock(mutex);
    if (open) fn();
  }
  void shut() {
    WriteLock lock(mutex);
    open = false;
  }
};
}  // namespace detail

class Context {
 public:
  explicit Context(std::shared_ptr<detail::Port> port) : port_(std::move(port)) {}

  const std::string& id() const { return port_->id; }
  // The device's configuration, a JSON object, as open() got it.
  const Json& config() const { return port_->config; }
  // One value of it; `fallback` when it is absent, Fault when it has another type.
  template <class T>
  T config(std::string_view key, T fallback) const {
    try {
      return port_->config.get<T>(key, std::move(fallback));
    } catch (const Fault& fault) {
      throw Fault(fault.status(), "Configuration \"" + std::string(key) + "\": " + fault.what());
    }
  }

  // The newest value of a declared channel: an object as the channel's schema says.
  void publish(std::string_view channel, const Json& value) const {
    const std::string json = value.dump();
    port_->call([&] { port_->host->publish(port_->host, port_->device, toText(channel), toText(json)); });
  }

  // One JPEG, or one chunk of sound, of a declared stream, taken at t_ns (CLOCK_MONOTONIC). Copies; never waits.
  void frame(std::string_view stream, const void* data, std::size_t size, std::int64_t t_ns) const {
    if (!port_->frames) return;
    const rh_bytes bytes{static_cast<const std::uint8_t*>(data), size};
    port_->call([&] { port_->frames->frame(port_->host, port_->device, toText(stream), bytes, t_ns); });
  }

  // What saveState() kept; nothing when there is none yet, or the host keeps none. Throws Fault when it cannot be read.
  // [device-serial], blocks for a small file.
  std::optional<std::string> loadState() const {
    if (!port_->state) return std::nullopt;
    std::string out;
    rh_status status = RH_NOT_FOUND;
    const rh_sink sink = sinkTo(out);
    port_->call([&] { status = port_->state->load(port_->host, port_->device, &sink); });
    if (status == RH_NOT_FOUND || status == RH_UNSUPPORTED) return std::nullopt;
    if (status != RH_OK) throw Fault(status, "The saved state cannot be read.");
    return out;
  }
  // Replaces the state (at most 64 KiB): after a power cut either the old or the new one is there. Throws Fault.
  // [device-serial], blocks for a small file.
  void saveState(std::string_view state) const {
    rh_status status = RH_UNSUPPORTED;
    const rh_bytes bytes{reinterpret_cast<const std::uint8_t*>(state.data()), state.size()};
    if (port_->state) port_->call([&] { status = port_->state->save(port_->host, port_->device, bytes); });
    if (status != RH_OK) throw Fault(status, "The state could not be saved.");
  }

  // Whether this turn began before the device was opened or the link to the hub came back, so that nobody here knows
  // what its holder has switched off meanwhile, or whether somebody pressed stop: what onPermit() switches on by itself
  // then stays off. False also where the host does not say.
  bool turnGoesOn(std::uint64_t epoch) const {
    bool goes_on = false;
    if (port_->turns) port_->call([&] { goes_on = port_->turns->goes_on(port_->host, port_->device, epoch) != 0; });
    return goes_on;
  }

  // The folder in which this device writes its segments; nothing when the host keeps no captures. [device-serial]
  std::optional<std::string> captureFolder() const {
    if (!port_->captures) return std::nullopt;
    std::string path;
    rh_status status = RH_UNSUPPORTED;
    const rh_sink sink = sinkTo(path);
    port_->call([&] { status = port_->captures->folder(port_->host, port_->device, &sink); });
    if (status != RH_OK) return std::nullopt;
    return path;
  }
  // Hands the finished file `file` of captureFolder() over as segment `number` of the capture `key` (rh_host_captures
  // has the rules). The host owns it from now on. Never waits. False: it was not taken, and is still the driver's.
  bool segment(std::string_view key, std::string_view trigger, std::int64_t started_ms, std::uint32_t number,
               std::string_view file) const {
    rh_status status = RH_UNSUPPORTED;
    if (port_->captures)
      port_->call([&] {
        status = port_->captures->segment(port_->host, port_->device, toText(key), toText(trigger), started_ms, number,
                                          toText(file));
      });
    return status == RH_OK;
  }
  // The capture has `segments` segments, and no more come.
  bool endCapture(std::string_view key, std::uint32_t segments) const {
    rh_status status = RH_UNSUPPORTED;
    if (port_->captures)
      port_->call([&] { status = port_->captures->end(port_->host, port_->device, toText(key), segments); });
    return status == RH_OK;
  }

  // Translators: the answer to a command for which encode() returned true. `text` is the result (a JSON object, may be
  // empty) with RH_OK, and a sentence for a person otherwise.
  void complete(std::uint64_t request, rh_status status, std::string_view text) const {
    port_->call([&] { port_->host->complete(port_->host, port_->device, request, status, toText(text)); });
  }

  void debug(std::string_view line) const { log(RH_LOG_DEBUG, line); }
  void info(std::string_view line) const { log(RH_LOG_INFO, line); }
  void warning(std::string_view line) const { log(RH_LOG_WARNING, line); }
  void error(std::string_view line) const { log(RH_LOG_ERROR, line); }

 private:
  void log(std::int32_t level, std::string_view line) const {
    port_->call([&] { port_->host->log(port_->host, port_->device, level, toText(line)); });
  }
  std::shared_ptr<detail::Port> port_;
};

}  // namespace rh
