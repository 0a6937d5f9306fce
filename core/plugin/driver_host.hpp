// One open device behind the agent, wherever its driver's code runs. The agent's loop calls in and is called back; a
// driver that hangs, crashes or lies never blocks that loop.
//
// What holds for every host:
//  - A request gets exactly one onReply, also when the driver dies or overruns its deadline.
//  - A halt (the agent's, or the host's own with id 0) gets exactly one onHalted. It is confirmed only when the driver
//    said so within 50 ms, or the device was opened anew after it (open means safe). Otherwise the message says why,
//    and a driver in the agent's own process that confirms it late is told by a second one.
//  - A permit given before a halt does nothing behind it. A permit that runs out halts the device by the host's own
//    clock, with the agent frozen or gone too. A driver's process that has not said 15 ms later that it did is killed,
//    which is sooner than any halt of the agent would give it up: a process that is frozen as a whole keeps its
//    outputs. A host that overslept gives one that is not stopped a moment more, once (permit_watch.hpp).
//  - A request that the driver has returned from and not answered in time is expired and cancelled, and that is all: it
//    energises nothing any more, and what it left on is off when the permit ends. One that the driver is still in is
//    halted, and its process killed.
//  - After onDied nothing of the device works until the next onOpened, which comes ever later. The host opens the
//    device anew by itself: at once where a permit was given and no halt confirmed since, since outputs may be on, and
//    then every 100 ms (after a hundred times, every second) until that has succeeded, whatever it failed for; else as
//    late as onOpened.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/buffer.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/scan.hpp"

namespace robohub::plugin {

// As the states of a `result` in docs/PROTOCOL.md.
enum class ReplyState { succeeded, failed, cancelled, expired };

struct Reply {
  std::uint64_t request = 0;
  ReplyState state = ReplyState::failed;
  ErrorCode code = ErrorCode::internal;  // why, unless it succeeded
  std::string text;                      // succeeded: a JSON object or nothing; else a sentence
};

enum class LogLevel { debug, info, warning, error };

// All on the agent's loop (as Post carries them there); never from inside a call of the host; never after close().
class DriverEvents {
 public:
  virtual ~DriverEvents() = default;
  // The device is open and safe. Also after each reopening: permits, watches and halts of before are void.
  virtual void onOpened() = 0;
  // It could not be opened. It will be tried again unless the code is unsupported, permission_denied or corrupt and
  // nothing was permitted since it was last safe.
  virtual void onOpenFailed(const Error& error) = 0;
  virtual void onReply(const Reply& reply) = 0;
  // `halt` as given to halt(); 0: the host's own (a permit ran out, a deadline was overrun).
  virtual void onHalted(std::uint64_t halt, bool confirmed, const std::string& message) = 0;
  virtual void onPublish(const std::string& channel, const std::string& json, std::int64_t t_ns) = 0;
  virtual void onFrame(const std::string& stream, SharedBytes bytes, std::int64_t t_ns) = 0;
  virtual void onLog(LogLevel level, const std::string& line) = 0;
  // The driver's process has ended or was killed; its outputs are as it left them until onOpened.
  virtual void onDied(const std::string& reason) = 0;
  // Only with DriverSetup::capture_folder. The driver's word, as checkSegment() allows it: whether there is such a file
  // is to be seen.
  virtual void onSegment(const CaptureSegment& segment) { (void)segment; }
  virtual void onCaptureEnd(const std::string& key, std::uint32_t segments) { (void)key, (void)segments; }
};

// Runs a function on the loop that owns the host: Loop::post. Called from the host's threads; must not block. Functions
// that it has taken may still run after close(); they then do nothing.
using Post = std::function<void(std::function<void()>)>;

struct DriverSetup {
  InstalledPlugin plugin;
  std::string type;                             // one of the manifest's device types
  std::string device;                           // the device's id
  std::string config = "{}";                    // a JSON object
  std::filesystem::path state_file;             // where rh.state/1 keeps the driver's state; empty: no such extension
  std::filesystem::path capture_folder;         // where the driver writes segments; empty: no captures are kept
  std::filesystem::path private_folder;         // the agent's own, kept from a driver's process but for the two above
  std::filesystem::path host_program;           // robohub-plugin-host; only for ChildHost
  std::chrono::milliseconds handle_grace{250};  // behind a request's deadline, before the driver counts as hung
  std::chrono::milliseconds permit_grace{15};   // behind a permit's end, before it counts as frozen; only for ChildHost
};

// How many frames of this stream may wait for the agent's loop (Stream::frames_kept).
inline std::size_t framesKept(const DriverSetup& setup, std::string_view stream) {
  const DeviceType* type = setup.plugin.manifest ? setup.plugin.manifest->type(setup.type) : nullptr;
  const Stream* declared = type == nullptr ? nullptr : type->stream(stream);
  return declared == nullptr ? 1 : declared->frames_kept;
}

struct DriverRequest {
  std::uint64_t id = 0;  // not 0; unique while the host lives
  std::string command;
  std::string params = "{}";
  Epoch epoch = 0;
  std::int64_t deadline_ns = 0;  // CLOCK_MONOTONIC; not begun any more after it
};

// Owned by the loop that Post leads to; no call blocks but close().
class DriverHost {
 public:
  virtual ~DriverHost() = default;  // as close()

  // Starts; onOpened or onOpenFailed follows. Once.
  virtual void open() = 0;
  // Begins or renews the turn `epoch`, until `until_ns` (CLOCK_MONOTONIC); until_ns 0 ends it (halt first).
  virtual void permit(Epoch epoch, std::int64_t until_ns) = 0;
  // This turn began before now, under an agent before this one perhaps: a device to which it is new is told that it
  // goes on (rh_host_turns). A host knows so by itself of what it has permitted before it opened the device anew.
  virtual void turnGoesOn(Epoch epoch) = 0;
  virtual void handle(const DriverRequest& request) = 0;
  virtual void cancel(std::uint64_t request) = 0;
  // Overtakes everything. `halt` is not 0 and comes back in onHalted.
  virtual void halt(std::uint64_t halt, const std::string& reason) = 0;
  // A JSON object; a driver that cannot take it while open is closed and opened with it (onOpened follows).
  virtual void configure(const std::string& config) = 0;
  virtual void watch(const std::string& stream, bool on) = 0;
  // So much waits to get to the hub; told to the driver while it is open.
  virtual void capturesWaiting(std::uint32_t segments, std::uint64_t bytes) = 0;
  // Halts, closes the device, ends the process; blocks for up to a second. No event follows.
  virtual void close() = 0;
};

// The driver in a process of its own (the default, and the only way for types with hazards).
std::unique_ptr<DriverHost> makeChildHost(DriverSetup setup, DriverEvents& events, Post post);

// The driver on threads of this process, for a plugin that the operator trusts; it cannot be killed when it hangs.
// Errors: permission_denied for a type with hazards.
Result<std::unique_ptr<DriverHost>> makeInlineHost(DriverSetup setup, DriverEvents& events, Post post);

}  // namespace robohub::plugin
