// The driver on threads of this process: for a plugin that the operator trusts, and never for types with hazards, as a
// driver that hangs cannot be killed here.
#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "base/mutex.hpp"
#include "plugin/device_runner.hpp"
#include "plugin/driver_status.hpp"
#include "plugin/event_relay.hpp"
#include "plugin/library.hpp"
#include "plugin/request_book.hpp"
#include "plugin/restart_policy.hpp"

namespace robohub::plugin {
namespace {

constexpr auto kHaltConfirm = std::chrono::milliseconds(50);
constexpr auto kHaltWhileOpening = std::chrono::milliseconds(1000);
constexpr auto kClosePatience = std::chrono::milliseconds(900);

// A plugin is started once in a process, however many devices use it, and never stopped: it is never unloaded.
Result<const rh_plugin*> loadAndStart(const InstalledPlugin& installed) {
  static Mutex mutex;
  static std::set<const rh_plugin*> started RH_GUARDED_BY(mutex);
  auto table = load(installed);
  if (!table) return table;
  Lock lock(mutex);
  if (started.count(*table)) return table;
  std::string message;
  const rh_sink sink = sinkTo(message);
  if ((*table)->start(hostTable(), &sink) != RH_OK)
    return fail(ErrorCode::unsupported, message.empty() ? "The plugin does not start." : message);
  started.insert(*table);
  return table;
}

class InlineHost final : public DriverHost, private RunnerEvents {
 public:
  InlineHost(DriverSetup setup, DriverEvents& events, Post post)
      : setup_(std::move(setup)), relay_(events, std::move(post)) {}
  ~InlineHost() override { close(); }

  void open() override {
    watch_ = std::thread([this] { watchTimes(); });
    tryOpen();
  }
  void permit(Epoch epoch, std::int64_t until_ns) override {
    if (runner_) runner_->permit(epoch, until_ns, runner_->haltsNoted());
  }
  void turnGoesOn(Epoch epoch) override {
    if (runner_) runner_->turnGoesOn(epoch);
  }
  void handle(const DriverRequest& request) override {
    if (!runner_) return refuse(request.id);
    {
      Lock lock(mutex_);
      requests_.add(request.id,
                    request.deadline_ns == 0 ? MonoTime::max() : fromNs(request.deadline_ns) + setup_.handle_grace);
    }
    changed_.notify_all();
    runner_->handle(request, runner_->haltsNoted());
  }
  void cancel(std::uint64_t request) override {
    if (runner_) runner_->cancel(request);
  }
  void halt(std::uint64_t halt, const std::string& reason) override {
    if (!runner_)
      return relay_.send([halt](DriverEvents& events) { events.onHalted(halt, false, "The driver is not running."); });
    {
      Lock lock(mutex_);
      halts_[halt] = std::chrono::steady_clock::now() + (opened_ ? kHaltConfirm : kHaltWhileOpening);
    }
    changed_.notify_all();
    runner_->requestHalt(halt, reason);
  }
  void configure(const std::string& config) override {
    if (runner_) runner_->configure(config);
  }
  void watch(const std::string& stream, bool on) override {
    if (runner_) runner_->watch(stream, on);
  }
  void capturesWaiting(std::uint32_t segments, std::uint64_t bytes) override {
    if (runner_) runner_->capturesWaiting(segments, bytes);
  }

  void close() override {
    relay_.shut();
    if (!watch_.joinable()) return;
    const bool done = !runner_ || closeRunner();
    {
      Lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    watch_.join();
    if (done) runner_.reset();
    // A driver that hangs keeps its threads for the rest of the process: they cannot be ended, nor joined. This object
    // stays for them, see makeInlineHost().
    else
      stuck_ = runner_.release() != nullptr;
  }
  bool stuck() const { return stuck_; }

 private:
  struct Closed {
    Mutex mutex;
    Condition wake;
    bool done RH_GUARDED_BY(mutex) = false;
  };

  // On the loop, as all that touches runner_ before there are requests.
  void tryOpen() {
    if (!runner_) {
      auto table = loadAndStart(setup_.plugin);
      if (!table) return openFailed(table.error());
      RunnerEvents& events = *this;
      runner_ = std::make_unique<DeviceRunner>(
          RunnerSetup{*table, setup_.type, setup_.device, setup_.config, setup_.state_file, setup_.capture_folder},
          events);
    }
    runner_->open();
  }

  // False: the driver hangs.
  bool closeRunner() {
    auto closed = std::make_shared<Closed>();
    runner_->close([closed] {
      Lock lock(closed->mutex);
      closed->done = true;
      closed->wake.notify_all();
    });
    Lock lock(closed->mutex);
    return closed->wake.wait_for(lock, kClosePatience, [&]() RH_REQUIRES(closed->mutex) { return closed->done; });
  }

  void refuse(std::uint64_t id) {
    relay_.send(
        [reply = replyOf(id, RH_UNAVAILABLE, "The driver is not running.")](DriverEvents& e) { e.onReply(reply); });
  }

  // RunnerEvents, on the runner's threads.
  void opened() override {
    opened_ = true;
    relay_.send([](DriverEvents& events) { events.onOpened(); });
  }
  void openFailed(const Error& error) override {
    opened_ = false;
    {
      Lock lock(mutex_);
      const MonoTime now = std::chrono::steady_clock::now();
      if (worthAnotherTry(error.code)) retry_at_ = now + retries_.onEnd(now);
    }
    changed_.notify_all();
    relay_.send([error](DriverEvents& events) { events.onOpenFailed(error); });
  }
  void returned(std::uint64_t request) override {
    Lock lock(mutex_);
    requests_.noteReturned(request);
  }
  void replied(std::uint64_t request, rh_status status, std::string_view text) override {
    {
      Lock lock(mutex_);
      if (!requests_.settle(request)) return;
    }
    relay_.send([reply = replyOf(request, status, std::string(text))](DriverEvents& e) { e.onReply(reply); });
  }
  void halted(std::uint64_t id, bool confirmed, const std::string& message) override {
    {
      Lock lock(mutex_);
      // Reported as late; that it is safe is worth telling all the same.
      if (halts_.erase(id) == 0 && id != 0 && !confirmed) return;
    }
    relay_.send([=](DriverEvents& events) { events.onHalted(id, confirmed, message); });
  }
  void haltHangs() override { logged(LogLevel::error, "The driver hangs in halt()."); }
  void published(std::string_view channel, std::string_view json, std::int64_t t_ns) override {
    relay_.sendLossy(
        std::string(channel), channel.size() + json.size(),
        [c = std::string(channel), j = std::string(json), t_ns](DriverEvents& e) { e.onPublish(c, j, t_ns); });
  }
  void framed(std::string_view stream, std::string_view bytes, std::int64_t t_ns) override {
    relay_.sendFrame(std::string(stream), shareBytes(std::string(bytes)), t_ns, framesKept(setup_, stream));
  }
  void logged(LogLevel level, std::string_view line) override {
    relay_.sendLossy("", line.size(), [level, l = std::string(line)](DriverEvents& events) { events.onLog(level, l); });
  }

  void segmentDone(CaptureSegment segment) override {
    count([s = std::move(segment)](DriverEvents& events) { events.onSegment(s); });
  }
  void captureDone(std::string_view key, std::uint32_t segments) override {
    count([k = std::string(key), segments](DriverEvents& events) { events.onCaptureEnd(k, segments); });
  }
  void count(EventRelay::Deliver deliver) {
    if (!relay_.sendCounted(std::move(deliver)))
      logged(LogLevel::error, "Captures come faster than they can be taken in; something of them was left out.");
  }

  MonoTime nextTime() const RH_REQUIRES(mutex_) {
    MonoTime next = std::min(requests_.nextOverdue(), retry_at_);
    for (const auto& [halt, by] : halts_) next = std::min(next, by);
    return next;
  }

  void watchTimes() {
    Lock lock(mutex_);
    while (!stopping_) {
      const MonoTime next = nextTime();
      if (next == MonoTime::max())
        changed_.wait(lock);
      else
        changed_.wait_until(lock, next);
      const MonoTime now = std::chrono::steady_clock::now();
      const auto overdue = requests_.takeOverdue(now);
      if (now >= retry_at_) {
        retry_at_ = MonoTime::max();
        relay_.send([this](DriverEvents&) { tryOpen(); });  // not after close(), so this lives
      }
      for (auto it = halts_.begin(); it != halts_.end();) {
        if (it->second > now) {
          ++it;
          continue;
        }
        relay_.send(
            [id = it->first](DriverEvents& e) { e.onHalted(id, false, "The driver did not confirm in time."); });
        it = halts_.erase(it);
      }
      if (overdue.empty()) continue;
      lock.unlock();  // a driver may answer from within cancel()
      for (const auto& each : overdue) expire(each);
      lock.lock();
    }
  }

  void expire(const RequestBook::Overdue& overdue) {
    if (overdue.running) runner_->requestHalt(0, "A command overran its deadline.");
    runner_->cancel(overdue.id);
    relay_.send([reply = replyOf(overdue.id, RH_TIMEOUT, "The driver did not answer in time.")](DriverEvents& e) {
      e.onReply(reply);
    });
  }

  const DriverSetup setup_;
  EventRelay relay_;
  std::unique_ptr<DeviceRunner> runner_;
  bool stuck_ = false;
  std::atomic<bool> opened_{false};

  Mutex mutex_;
  Condition changed_;
  RequestBook requests_ RH_GUARDED_BY(mutex_);
  RestartPolicy retries_ RH_GUARDED_BY(mutex_);
  MonoTime retry_at_ RH_GUARDED_BY(mutex_) = MonoTime::max();
  std::map<std::uint64_t, MonoTime> halts_ RH_GUARDED_BY(mutex_);
  bool stopping_ RH_GUARDED_BY(mutex_) = false;
  std::thread watch_;
};

// Owns an InlineHost, and lets it live on where a hanging driver still holds threads that would call it.
class InlineHostOwner final : public DriverHost {
 public:
  explicit InlineHostOwner(std::unique_ptr<InlineHost> host) : host_(std::move(host)) {}
  ~InlineHostOwner() override { close(); }
  void open() override { host_->open(); }
  void permit(Epoch epoch, std::int64_t until_ns) override { host_->permit(epoch, until_ns); }
  void turnGoesOn(Epoch epoch) override { host_->turnGoesOn(epoch); }
  void handle(const DriverRequest& request) override { host_->handle(request); }
  void cancel(std::uint64_t request) override { host_->cancel(request); }
  void halt(std::uint64_t halt, const std::string& reason) override { host_->halt(halt, reason); }
  void configure(const std::string& config) override { host_->configure(config); }
  void watch(const std::string& stream, bool on) override { host_->watch(stream, on); }
  void capturesWaiting(std::uint32_t segments, std::uint64_t bytes) override {
    host_->capturesWaiting(segments, bytes);
  }
  void close() override {
    if (!host_) return;
    host_->close();
    if (host_->stuck())
      host_.release();
    else
      host_.reset();
  }

 private:
  std::unique_ptr<InlineHost> host_;
};

}  // namespace

Result<std::unique_ptr<DriverHost>> makeInlineHost(DriverSetup setup, DriverEvents& events, Post post) {
  const DeviceType* type = setup.plugin.manifest->type(setup.type);
  if (!type) return fail(ErrorCode::not_found, "The plugin has no device type \"" + setup.type + "\".");
  const bool hazardous = !type->hazards.empty() || std::any_of(type->commands.begin(), type->commands.end(),
                                                               [](const Command& c) { return c.hazardous; });
  if (hazardous)
    return fail(ErrorCode::permission_denied, "A driver with hazards must run in a process of its own (host: child).");
  return std::make_unique<InlineHostOwner>(std::make_unique<InlineHost>(std::move(setup), events, std::move(post)));
}

}  // namespace robohub::plugin
