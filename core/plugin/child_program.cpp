#include "plugin/child_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>

#include "base/mutex.hpp"
#include "base/short_turns.hpp"
#include "base/time.hpp"
#include "plugin/device_runner.hpp"
#include "plugin/driver_bounds.hpp"
#include "plugin/frame_pipe.hpp"
#include "plugin/library.hpp"
#include "plugin/out_box.hpp"
#include "plugin/packet.hpp"

namespace robohub::plugin {
namespace {

using Class = OutBox::Class;

constexpr int kExitHaltHangs = 3;
// A service manager tells the agent and this process to end in the same moment. So long an agent takes for its last
// words and for closing the device.
constexpr auto kLeavePatience = std::chrono::milliseconds(1500);

Packet failure(const Error& error) {
  return {Word::open_failed, static_cast<std::uint64_t>(error.code), 0, 0, {error.message, error.where}};
}

// The runner's events, sent to the agent.
class Reporter final : public RunnerEvents {
 public:
  Reporter() : box_(kCommandSocket), frames_(kFrameSocket) {}

  // Before any frame comes.
  void knows(std::shared_ptr<const Manifest> manifest, const std::string& type) {
    manifest_ = std::move(manifest);
    type_ = manifest_->type(type);
  }
  void say(Class kind, Packet packet) { box_.put(kind, std::move(packet)); }

  void opened() override { say(Class::answer, {Word::opened, 0, 0, 0, {}}); }
  void openFailed(const Error& error) override { say(Class::answer, failure(error)); }
  void returned(std::uint64_t request) override { say(Class::answer, {Word::returned, request, 0, 0, {}}); }
  void replied(std::uint64_t request, rh_status status, std::string_view text) override {
    say(Class::answer, {Word::reply, request, status, 0, {std::string(text)}});
  }
  void halted(std::uint64_t, bool confirmed, const std::string& message) override {
    // Whoever waits for it must not have to read through a flood of values first. Never waits: the next halt may have
    // to be carried out by this thread.
    const Packet packet{Word::own_halt, confirmed, 0, 0, {message}};
    if (send(kHaltSocket, packet, false) == Sent::full) say(Class::answer, packet);
  }
  // Its agent opens the device anew, which makes it safe; without an agent the kernel lets go of what it held. A
  // process that hangs would keep both from happening.
  void haltHangs() override { _exit(kExitHaltHangs); }
  void published(std::string_view channel, std::string_view json, std::int64_t t_ns) override {
    say(Class::telemetry, {Word::publish, 0, t_ns, 0, {std::string(channel), std::string(json)}});
  }
  void framed(std::string_view stream, std::string_view bytes, std::int64_t t_ns) override {
    const Stream* declared = type_ == nullptr ? nullptr : type_->stream(stream);
    frames_.put(stream, bytes, t_ns, declared == nullptr ? 1 : declared->frames_kept);
  }
  void logged(LogLevel level, std::string_view line) override {
    say(Class::log, {Word::log, static_cast<std::uint64_t>(level), 0, 0, {std::string(line)}});
  }
  void segmentDone(CaptureSegment s) override {
    say(Class::answer, {Word::segment, s.number, s.started_ms, 0, {s.key, s.trigger, s.file}});
  }
  void captureDone(std::string_view key, std::uint32_t segments) override {
    say(Class::answer, {Word::capture_end, segments, 0, 0, {std::string(key)}});
  }

 private:
  OutBox box_;
  FrameWriter frames_;
  std::shared_ptr<const Manifest> manifest_;
  const DeviceType* type_ = nullptr;  // of manifest_
};

// Serves the halt socket. A thread of its own, so that nothing that hangs elsewhere stands before a halt.
class HaltServer {
 public:
  HaltServer(DeviceRunner& runner, int terminate_fd)
      : runner_(runner), terminate_fd_(terminate_fd), thread_([this] { run(); }) {}

 private:
  void run() {
    askForShortTurns();
    pollfd watched[2] = {{kHaltSocket, POLLIN, 0}, {terminate_fd_, POLLIN, 0}};
    MonoTime leave_at = MonoTime::max();
    for (;;) {
      if (poll(watched, 2, restUntil_ms(leave_at)) < 0) continue;
      if (watched[1].revents) {
        watched[1].fd = -1;
        leave_at = std::chrono::steady_clock::now() + kLeavePatience;
        // What was not made safe is left to the kernel, and to an agent that opens the device anew, at once.
        if (!haltForGood(kToldToEnd).confirmed && runner_.isOpen()) _exit(0);
      }
      if (std::chrono::steady_clock::now() >= leave_at) haltAndLeave(kToldToEnd);
      if (!watched[0].revents) continue;
      Packet packet;
      switch (receive(kHaltSocket, packet)) {
        case Received::end: haltAndLeave("The agent is gone."); break;
        case Received::nothing: break;
        case Received::packet:
          if (packet.word != Word::halt) break;
          runner_.noteHalts(static_cast<std::uint64_t>(packet.b));
          const auto result = runner_.haltNow(packet.text(0));
          send(kHaltSocket, {Word::halted, packet.a, result.confirmed, 0, {result.message}}, true);
          break;
      }
    }
  }

  // How long poll() may wait; -1: without end.
  static int restUntil_ms(MonoTime at) {
    if (at == MonoTime::max()) return -1;
    const auto rest = std::max<Duration>(at - std::chrono::steady_clock::now(), Duration::zero());
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(rest).count());
  }

  // Permits and commands that still wait in the agent's socket do not count behind this halt, whenever they are read:
  // none follows that would undo what they energise.
  DeviceRunner::HaltResult haltForGood(const char* why) {
    runner_.noteHalts(std::numeric_limits<std::uint64_t>::max());
    return runner_.haltNow(why);
  }
  [[noreturn]] void haltAndLeave(const char* why) {
    haltForGood(why);
    // Not exit(): a driver that hangs holds threads that no destructor could join.
    _exit(0);
  }

  static constexpr const char* kToldToEnd = "The process is told to end.";

  DeviceRunner& runner_;
  int terminate_fd_;
  std::thread thread_;
};

// A program that a driver starts must not hold them: neither end would see the other's.
void keepFromPrograms() {
  for (int fd : {kCommandSocket, kHaltSocket, kFrameSocket}) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

// The limit alone keeps nothing from a handler behind a pipe or a socket, which a kernel feeds whatever the limit is.
void refuseCores() {
  if (std::getenv(kCoresVariable)) return;
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// SIGTERM comes through a descriptor; Ctrl-C in the agent's terminal is the agent's affair.
int prepareSignals() {
  for (int number : {SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) signal(number, SIG_IGN);
  sigset_t terminate;
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &terminate, nullptr);
  return signalfd(-1, &terminate, SFD_CLOEXEC);
}

// Reads what the agent wants opened, and gives up what its driver does not need.
Result<InstalledPlugin> prepare(const Packet& asked, std::vector<std::string>& missing) {
  if (asked.a != kPacketVersion)
    return fail(ErrorCode::unsupported, "Agent and robohub-plugin-host are of different builds.");
  auto installed = readInstalled(asked.text(0));
  if (!installed) return installed;
  const auto& permissions = installed->manifest->permissions;
  DriverBounds bounds;
  bounds.network = std::find(permissions.begin(), permissions.end(), kNetworkPermission) != permissions.end();
  bounds.plugin_folder = installed->folder;
  bounds.config = asked.text(3);
  bounds.state_file = asked.text(4);
  bounds.capture_folder = asked.text(5);
  // A core file is written by the process that crashes, wherever the kernel was told to have it.
  if (!std::getenv(kCoresVariable)) bounds.private_folder = asked.text(6);
  missing = bindDriver(bounds);
  return installed;
}

Result<const rh_plugin*> loadAndStart(const InstalledPlugin& installed) {
  auto table = load(installed);
  if (!table) return table;
  std::string message;
  const rh_sink sink = sinkTo(message);
  if ((*table)->start(hostTable(), &sink) != RH_OK)
    return fail(ErrorCode::unsupported, message.empty() ? "The plugin does not start." : message);
  return table;
}

void serve(DeviceRunner& runner) {
  Packet packet;
  while (receive(kCommandSocket, packet) == Received::packet) {
    switch (packet.word) {
      case Word::permit: runner.permit(packet.a, packet.b, packet.c); break;
      case Word::turn_goes_on: runner.turnGoesOn(packet.a); break;
      case Word::handle:
        runner.handle({packet.a, packet.text(0), packet.text(1), packet.c, packet.b}, packet.halts);
        break;
      case Word::cancel: runner.cancel(packet.a); break;
      case Word::configure: runner.configure(packet.text(0)); break;
      case Word::watch: runner.watch(packet.text(0), packet.a != 0); break;
      case Word::captures_waiting: runner.capturesWaiting(static_cast<std::uint32_t>(packet.a), packet.c); break;
      case Word::close: return;
      default: break;
    }
  }
}

}  // namespace

int runChild() {
  refuseCores();
  keepFromPrograms();
  const int terminate_fd = prepareSignals();
  Packet packet;
  if (receive(kCommandSocket, packet) != Received::packet || packet.word != Word::open) {
    std::fprintf(stderr, "robohub-plugin-host is started by an agent, with its sockets.\n");
    return 2;
  }
  std::vector<std::string> missing;
  auto installed = prepare(packet, missing);  // before there is a second thread: only this one's heirs are bound
  // All of this lives until the process ends by _exit(): threads that an author forgot may still call, and the halt
  // thread serves to the last.
  auto* reporter = new Reporter();
  if (packet.b != 0)
    for (const std::string& sentence : missing) reporter->logged(LogLevel::warning, sentence);
  if (!installed) {
    reporter->openFailed(installed.error());
    _exit(1);
  }
  reporter->knows(installed->manifest, packet.text(1));
  auto table = loadAndStart(*installed);
  if (!table) {
    reporter->openFailed(table.error());
    _exit(1);
  }
  auto* runner = new DeviceRunner(
      {*table, packet.text(1), packet.text(2), packet.text(3), packet.text(4), packet.text(5), packet.c}, *reporter);
  new HaltServer(*runner, terminate_fd);
  runner->open();
  serve(*runner);

  Mutex mutex;
  Condition wake;
  bool closed = false;
  runner->close([&] {
    Lock lock(mutex);
    closed = true;
    wake.notify_all();
  });
  {
    Lock lock(mutex);
    wake.wait(lock, [&] { return closed; });
  }
  (*table)->stop();
  _exit(0);
}

}  // namespace robohub::plugin
