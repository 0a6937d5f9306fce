// Runs one open device of a plugin in this process, as the ABI's thread tags promise it: a serial thread for what comes
// one after another, a halt thread beside it, and a safety clock over both. InlineHost has one in the agent;
// robohub-plugin-host has one in the child.
#pragma once
#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/ids.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "plugin/driver_host.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/safety_clock.hpp"
#include "rh/abi.h"

namespace robohub::plugin {

// What comes from the device, on whichever thread it happens; must be [any-thread], quick, and call nothing back.
class RunnerEvents {
 public:
  virtual ~RunnerEvents() = default;
  virtual void opened() = 0;
  virtual void openFailed(const Error& error) = 0;
  // The driver has returned from this request and answers later; may come behind that answer.
  virtual void returned(std::uint64_t request) = 0;
  // Once for each request.
  virtual void replied(std::uint64_t request, rh_status status, std::string_view text) = 0;
  // A halt that requestHalt() or the safety clock (id 0) asked for.
  virtual void halted(std::uint64_t id, bool confirmed, const std::string& message) = 0;
  // The driver's halt has not returned for 100 ms; on a thread that no driver can hold up.
  virtual void haltHangs() = 0;
  virtual void published(std::string_view channel, std::string_view json, std::int64_t t_ns) = 0;
  virtual void framed(std::string_view stream, std::string_view bytes, std::int64_t t_ns) = 0;
  virtual void logged(LogLevel level, std::string_view line) = 0;
  // Checked by checkSegment().
  virtual void segmentDone(CaptureSegment segment) = 0;
  virtual void captureDone(std::string_view key, std::uint32_t segments) = 0;
};

struct RunnerSetup {
  const rh_plugin* plugin = nullptr;  // loaded and started
  std::string type;
  std::string device;
  std::string config;
  std::filesystem::path state_file;
  std::filesystem::path capture_folder;
  Epoch last_turn = 0;  // the newest that was permitted before this device is opened; 0: none, or none is known
};

// [any-thread] but for the destructor.
class DeviceRunner final : private DeviceSink {
 public:
  DeviceRunner(RunnerSetup setup, RunnerEvents& events);
  // As close(), then joins; a driver that hangs makes it wait without end.
  ~DeviceRunner();

  void open();
  // `halts`: how many halts the giver of the permit had asked for when it gave it; it is void when noteHalts() or
  // requestHalt() knows of more.
  void permit(Epoch epoch, std::int64_t until_ns, std::uint64_t halts);
  // As DriverHost::turnGoesOn().
  void turnGoesOn(Epoch epoch) { begun_before_ = epoch; }
  // `halts`: as for permit(). A command that was sent before a halt, or that waited while one came, is not begun behind
  // it (a stop stops all that is under way, also what needs no turn), nor is one of another turn than the one that is
  // on.
  void handle(const DriverRequest& request, std::uint64_t halts);
  // What was not begun is answered at once, and never begun.
  void cancel(std::uint64_t request);
  void configure(std::string config);
  void watch(std::string stream, bool on);
  void capturesWaiting(std::uint32_t segments, std::uint64_t bytes);

  // Halts on the calling thread, beside whatever else runs. Blocks as long as the driver's halt does.
  struct HaltResult {
    bool confirmed = false;
    std::string message;
  };
  HaltResult haltNow(const std::string& reason);
  // Halts on the halt thread; halted() follows. Permits given before it are void from now on.
  void requestHalt(std::uint64_t id, std::string reason);
  // The giver of permits says that this is its halt number `halts`; before haltNow(). Behind the greatest number there
  // is no permit any more, nor a command that begins.
  void noteHalts(std::uint64_t halts);
  std::uint64_t haltsNoted() const { return halts_.load(); }

  // Halts, quiesces and closes the device behind what is queued; `done` runs on the serial thread. Requests that were
  // not begun are answered as unavailable.
  void close(std::function<void()> done = {});

  // True once the device is open, until it is closed.
  bool isOpen() const { return device_.load() != nullptr; }

 private:
  struct Pending {
    bool in_handle = true;
    bool answered = false;  // by complete(), while handle() still ran
    rh_status status = RH_OK;
    std::string text;
  };
  // Which halts there had been when a command came.
  struct Queued {
    std::uint64_t halts;      // the agent's, as the agent says
    std::uint64_t own_halts;  // the safety clock's
  };
  struct HaltJob {
    std::uint64_t id;
    std::string reason;
  };

  void onLogLine(std::int32_t level, std::string_view line) override;
  void onPublished(std::string_view channel, std::string_view json) override;
  void onCompleted(std::uint64_t request, rh_status status, std::string_view text) override;
  void onFrame(std::string_view stream, std::string_view bytes, std::int64_t t_ns) override;
  Result<std::string> onLoadState() override;
  Status onSaveState(std::string_view state) override;
  Result<std::string> onCaptureFolder() override;
  Status onSegment(CaptureSegment segment) override;
  Status onCaptureEnd(std::string_view key, std::uint32_t segments) override;
  bool onAskedWhetherGoesOn(std::uint64_t epoch) override { return epoch != 0 && epoch == begun_before_.load(); }

  void post(std::function<void()> task);
  void runSerial();
  void runHalts();
  void openDevice();
  void configureNow(const std::string& config);
  void handleNow(const DriverRequest& request);
  // Moves it from queued_ to pending_, unless it must not begin: then why. Nothing to say where it was cancelled.
  std::optional<std::pair<rh_status, const char*>> begin(const DriverRequest& request);
  void closeDevice();
  void endTurn();
  // Waits until no permit() or cancel() is under way in the driver, but not for one that hangs there: false. Clears the
  // clock of permits in any case.
  bool settlePermits();

  const RunnerSetup setup_;
  RunnerEvents& events_;
  const rh_driver* driver_ = nullptr;
  const rh_driver_frames* frames_ = nullptr;
  const rh_driver_captures* captures_ = nullptr;
  std::string config_;  // serial thread

  // Set on the serial thread; reset there with halt_mutex_ and permit_mutex_ held.
  std::atomic<rh_device*> device_{nullptr};
  Mutex halt_mutex_;    // one driver_->halt() at a time
  Mutex permit_mutex_;  // held over driver_->permit() and cancel(), so that a halt can wait for one under way
  std::atomic<std::uint64_t> halts_{0};
  std::atomic<std::uint64_t> own_halts_{0};
  std::atomic<Epoch> turn_{0};
  std::atomic<Epoch> newest_turn_{0};   // that was permitted here, over or not
  std::atomic<Epoch> begun_before_{0};  // the turn that does not begin, should it be permitted
  std::atomic<bool> closing_{false};

  Mutex pending_mutex_;
  std::map<std::uint64_t, Queued> queued_ RH_GUARDED_BY(pending_mutex_);
  std::map<std::uint64_t, Pending> pending_ RH_GUARDED_BY(pending_mutex_);

  Mutex serial_mutex_;
  Condition serial_wake_;
  std::deque<std::function<void()>> tasks_ RH_GUARDED_BY(serial_mutex_);
  bool stopping_ RH_GUARDED_BY(serial_mutex_) = false;
  std::atomic<std::size_t> queued_requests_{0};

  Mutex jobs_mutex_;
  Condition jobs_wake_;
  std::deque<HaltJob> jobs_ RH_GUARDED_BY(jobs_mutex_);
  bool opening_ RH_GUARDED_BY(jobs_mutex_) = false;  // halts wait for the end of it: open means safe
  bool halts_stopping_ RH_GUARDED_BY(jobs_mutex_) = false;

  SafetyClock clock_;
  SafetyClock halt_clock_;  // over a driver_->halt() that runs
  std::thread halt_thread_;
  std::thread serial_thread_;
};

}  // namespace robohub::plugin
