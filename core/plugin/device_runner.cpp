#include "plugin/device_runner.hpp"

#include "base/short_turns.hpp"
#include "plugin/driver_status.hpp"
#include "plugin/packet.hpp"
#include "plugin/state_file.hpp"

namespace robohub::plugin {
namespace {

constexpr std::size_t kMaxQueuedRequests = 256;
constexpr auto kHaltPatience = std::chrono::milliseconds(100);
constexpr auto kPermitPatience = std::chrono::milliseconds(2);

// `bytes`: how long the table was when its id was released.
template <class T>
const T* tableOf(const rh_plugin& plugin, std::string_view id, std::size_t bytes) {
  auto table = static_cast<const T*>(plugin.interface(toText(id)));
  return table && table->struct_size >= bytes ? table : nullptr;
}

}  // namespace

DeviceRunner::DeviceRunner(RunnerSetup setup, RunnerEvents& events)
    : setup_(std::move(setup)),
      events_(events),
      driver_(tableOf<rh_driver>(*setup_.plugin, RH_DRIVER_V1, RH_BYTES_THROUGH(rh_driver, close))),
      frames_(tableOf<rh_driver_frames>(*setup_.plugin, RH_FRAMES_V1, RH_BYTES_THROUGH(rh_driver_frames, watch))),
      captures_(
          tableOf<rh_driver_captures>(*setup_.plugin, RH_CAPTURES_V1, RH_BYTES_THROUGH(rh_driver_captures, waiting))),
      config_(setup_.config),
      begun_before_(setup_.last_turn),
      clock_([this] { requestHalt(0, "The permit ran out."); }),
      halt_clock_([this] { events_.haltHangs(); }),
      halt_thread_([this] { runHalts(); }),
      serial_thread_([this] { runSerial(); }) {}

DeviceRunner::~DeviceRunner() {
  if (!closing_) close();
  {
    Lock lock(serial_mutex_);
    stopping_ = true;
  }
  serial_wake_.notify_all();
  serial_thread_.join();
  {
    Lock lock(jobs_mutex_);
    halts_stopping_ = true;
    opening_ = false;
  }
  jobs_wake_.notify_all();
  halt_thread_.join();
}

void DeviceRunner::open() {
  {
    Lock lock(jobs_mutex_);
    opening_ = true;
  }
  post([this] { openDevice(); });
}

void DeviceRunner::permit(Epoch epoch, std::int64_t until_ns, std::uint64_t halts) {
  Lock lock(permit_mutex_);
  rh_device* device = device_.load();
  if (!device || closing_ || halts < halts_.load()) return;
  if (until_ns == 0) {
    clock_.clear();
    driver_->permit(device, epoch, 0);
    return endTurn();
  }
  clock_.set(fromNs(until_ns));
  driver_->permit(device, epoch, until_ns);
  newest_turn_ = epoch;
  if (turn_.exchange(epoch) != epoch)
    post([this, epoch] {
      if (rh_device* d = device_.load()) driver_->turn(d, epoch);
    });
}

void DeviceRunner::endTurn() {
  if (turn_.exchange(0) == 0) return;
  post([this] {
    if (rh_device* d = device_.load()) driver_->turn(d, 0);
  });
}

void DeviceRunner::handle(const DriverRequest& request, std::uint64_t halts) {
  if (closing_) return events_.replied(request.id, RH_UNAVAILABLE, "The device is being closed.");
  if (queued_requests_.fetch_add(1) >= kMaxQueuedRequests) {
    --queued_requests_;
    return events_.replied(request.id, RH_EXHAUSTED, "Too many commands are waiting.");
  }
  {
    Lock lock(pending_mutex_);
    queued_[request.id] = Queued{halts, own_halts_.load()};
  }
  post([this, request] { handleNow(request); });
}

std::optional<std::pair<rh_status, const char*>> DeviceRunner::begin(const DriverRequest& request) {
  Lock lock(pending_mutex_);
  const auto it = queued_.find(request.id);
  if (it == queued_.end()) return std::pair{RH_CANCELLED, ""};
  const Queued queued = it->second;
  queued_.erase(it);
  const Epoch turn = turn_.load();
  if (!device_.load() || closing_) return std::pair{RH_UNAVAILABLE, "The device is not open."};
  if (queued.halts < halts_.load() || queued.own_halts < own_halts_.load())
    return std::pair{RH_CANCELLED, "A halt came before it was begun."};
  if (request.epoch != 0 && turn != 0 && request.epoch != turn)
    return std::pair{RH_NOT_PERMITTED, "It belongs to another turn than the one that is on."};
  if (request.deadline_ns != 0 && toNs(std::chrono::steady_clock::now()) >= request.deadline_ns)
    return std::pair{RH_TIMEOUT, "It was not begun in time."};
  pending_[request.id] = Pending{};
  return std::nullopt;
}

void DeviceRunner::handleNow(const DriverRequest& request) {
  --queued_requests_;
  if (const auto refused = begin(request)) {
    const auto& [why, sentence] = *refused;
    if (*sentence != 0) events_.replied(request.id, why, sentence);
    return;
  }
  rh_device* device = device_.load();
  std::string text;
  const rh_sink sink = sinkTo(text);
  const rh_request wire{
      sizeof(rh_request),    0, request.id, request.epoch, request.deadline_ns, toText(request.command),
      toText(request.params)};
  rh_status status = driver_->handle(device, &wire, &sink);
  {
    Lock lock(pending_mutex_);
    auto it = pending_.find(request.id);
    Pending& pending = it->second;
    pending.in_handle = false;
    if (status == RH_PENDING && pending.answered) {
      status = pending.status;
      text = std::move(pending.text);
    }
    if (status != RH_PENDING) pending_.erase(it);
  }
  if (status == RH_PENDING) return events_.returned(request.id);
  if (text.size() > kMaxReplyBytes) status = RH_TOO_LARGE, text = "The driver's answer is too large.";
  events_.replied(request.id, status, text);
}

void DeviceRunner::onCompleted(std::uint64_t request, rh_status status, std::string_view text) {
  if (status == RH_PENDING) status = RH_INTERNAL;
  if (text.size() > kMaxReplyBytes) status = RH_TOO_LARGE, text = "The driver's answer is too large.";
  {
    Lock lock(pending_mutex_);
    auto it = pending_.find(request);
    if (it == pending_.end()) return;  // answered before, or never asked
    if (it->second.in_handle) {
      if (!std::exchange(it->second.answered, true)) {
        it->second.status = status;
        it->second.text = text;
      }
      return;
    }
    pending_.erase(it);
  }
  events_.replied(request, status, text);
}

void DeviceRunner::cancel(std::uint64_t request) {
  bool waits = false;
  {
    Lock lock(pending_mutex_);
    waits = queued_.erase(request) != 0;
  }
  if (waits) return events_.replied(request, RH_CANCELLED, "It was cancelled before it was begun.");
  Lock lock(permit_mutex_);
  if (rh_device* device = device_.load()) driver_->cancel(device, request);
}

void DeviceRunner::configure(std::string config) {
  post([this, config = std::move(config)] { configureNow(config); });
}

void DeviceRunner::configureNow(const std::string& config) {
  rh_device* device = device_.load();
  config_ = config;
  if (!device || closing_) return;
  std::string message;
  const rh_sink sink = sinkTo(message);
  const rh_status status = driver_->configure(device, toText(config), &sink);
  if (status == RH_OK) return;
  if (status != RH_UNSUPPORTED) return events_.logged(LogLevel::error, "The new configuration was refused: " + message);
  closeDevice();
  {
    Lock lock(jobs_mutex_);
    opening_ = true;
  }
  openDevice();
}

void DeviceRunner::watch(std::string stream, bool on) {
  post([this, stream = std::move(stream), on] {
    rh_device* device = device_.load();
    if (device && frames_ && !closing_) frames_->watch(device, toText(stream), on ? 1 : 0);
  });
}

void DeviceRunner::capturesWaiting(std::uint32_t segments, std::uint64_t bytes) {
  post([this, segments, bytes] {
    rh_device* device = device_.load();
    if (device && captures_ && !closing_) captures_->waiting(device, segments, bytes);
  });
}

void DeviceRunner::noteHalts(std::uint64_t halts) {
  std::uint64_t known = halts_.load();
  while (known < halts && !halts_.compare_exchange_weak(known, halts)) {
  }
}

bool DeviceRunner::settlePermits() {
  // Polls: a permit call is done within a microsecond or hangs in the driver.
  const auto end = std::chrono::steady_clock::now() + kPermitPatience;
  while (!permit_mutex_.try_lock()) {
    if (std::chrono::steady_clock::now() >= end) {
      clock_.clear();
      return false;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
  clock_.clear();
  permit_mutex_.unlock();
  return true;
}

DeviceRunner::HaltResult DeviceRunner::haltNow(const std::string& reason) {
  // A permit call that was let through before this halt was noted must be over before the driver is halted.
  const bool settled = settlePermits();
  Lock lock(halt_mutex_);
  rh_device* device = device_.load();
  if (!device) return {false, "The device is not open."};
  std::string message;
  const rh_sink sink = sinkTo(message);
  // Whoever waits for halt_mutex_ waits for a halt that is watched.
  halt_clock_.set(std::chrono::steady_clock::now() + kHaltPatience);
  const rh_status status = driver_->halt(device, toText(reason), &sink);
  halt_clock_.clear();
  endTurn();
  if (status != RH_OK) return {false, message.empty() ? "The driver gave no reason." : message};
  if (!settled) return {false, "The driver hangs in permit()."};
  return {true, ""};
}

void DeviceRunner::requestHalt(std::uint64_t id, std::string reason) {
  ++(id != 0 ? halts_ : own_halts_);
  {
    Lock lock(jobs_mutex_);
    jobs_.push_back({id, std::move(reason)});
  }
  jobs_wake_.notify_all();
}

void DeviceRunner::runHalts() {
  askForShortTurns();  // it carries out the end of a permit
  Lock lock(jobs_mutex_);
  for (;;) {
    jobs_wake_.wait(lock,
                    [this]() RH_REQUIRES(jobs_mutex_) { return halts_stopping_ || (!jobs_.empty() && !opening_); });
    if (jobs_.empty()) return;  // stopping
    HaltJob job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    const HaltResult result = haltNow(job.reason);
    if (job.id != 0 || !closing_) events_.halted(job.id, result.confirmed, result.message);
    lock.lock();
  }
}

void DeviceRunner::openDevice() {
  if (newest_turn_ != 0) begun_before_ = newest_turn_.load();  // opened anew, for other settings: it knows of no turn
  rh_device* device = nullptr;
  std::string message;
  rh_status status = RH_UNSUPPORTED;
  if (driver_) {
    const rh_sink sink = sinkTo(message);
    const rh_open args{sizeof(rh_open), 0, hostTable(), hostDevice(), toText(setup_.type), toText(setup_.device),
                       toText(config_)};
    status = driver_->open(&args, &device, &sink);
    if (status == RH_OK && !device) status = RH_INTERNAL, message = "The driver opened nothing.";
  } else {
    message = "The plugin has no driver.";
  }
  if (status == RH_OK) device_ = device;
  if (status == RH_OK)
    events_.opened();
  else
    events_.openFailed(Error{errorCodeOf(status), message.empty() ? "The driver gave no reason." : message, ""});
  {
    Lock lock(jobs_mutex_);
    opening_ = false;
  }
  jobs_wake_.notify_all();
}

void DeviceRunner::close(std::function<void()> done) {
  closing_ = true;
  requestHalt(0, "The device is closed.");  // at once: the serial thread may hang in a command
  post([this, done = std::move(done)] {
    closeDevice();
    if (done) done();
  });
}

void DeviceRunner::closeDevice() {
  rh_device* device = device_.load();
  if (!device) return;
  haltNow("The device is closed.");
  {
    std::scoped_lock lock(halt_mutex_, permit_mutex_);
    device_ = nullptr;
  }
  driver_->quiesce(device);
  driver_->close(device);
  std::map<std::uint64_t, Pending> left;
  {
    Lock lock(pending_mutex_);
    left.swap(pending_);
  }
  for (const auto& [request, pending] : left) events_.replied(request, RH_UNAVAILABLE, "The device was closed.");
}

void DeviceRunner::post(std::function<void()> task) {
  {
    Lock lock(serial_mutex_);
    tasks_.push_back(std::move(task));
  }
  serial_wake_.notify_all();
}

void DeviceRunner::runSerial() {
  Lock lock(serial_mutex_);
  for (;;) {
    serial_wake_.wait(lock, [this]() RH_REQUIRES(serial_mutex_) { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;  // stopping
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

void DeviceRunner::onLogLine(std::int32_t level, std::string_view line) {
  const auto known = level < RH_LOG_DEBUG || level > RH_LOG_ERROR ? LogLevel::error : static_cast<LogLevel>(level);
  events_.logged(known, line.substr(0, kMaxLogBytes));
}

void DeviceRunner::onPublished(std::string_view channel, std::string_view json) {
  if (json.size() > kMaxPublishBytes || channel.size() > 64)
    return events_.logged(LogLevel::warning, "A value of over 64 KiB was left out.");
  events_.published(channel, json, toNs(std::chrono::steady_clock::now()));
}

void DeviceRunner::onFrame(std::string_view stream, std::string_view bytes, std::int64_t t_ns) {
  if (bytes.size() > kMaxFrameBytes || stream.size() > 64)
    return events_.logged(LogLevel::warning, "A picture of over 4 MiB was left out.");
  events_.framed(stream, bytes, t_ns);
}

Result<std::string> DeviceRunner::onLoadState() {
  if (setup_.state_file.empty()) return fail(ErrorCode::unsupported, "No state is kept for this device.");
  return loadState(setup_.state_file);
}

Status DeviceRunner::onSaveState(std::string_view state) {
  if (setup_.state_file.empty()) return fail(ErrorCode::unsupported, "No state is kept for this device.");
  return saveState(setup_.state_file, state);
}

Result<std::string> DeviceRunner::onCaptureFolder() {
  if (setup_.capture_folder.empty()) return fail(ErrorCode::unsupported, "Captures of this device are not kept.");
  return setup_.capture_folder.string();
}

Status DeviceRunner::onSegment(CaptureSegment segment) {
  if (setup_.capture_folder.empty()) return fail(ErrorCode::unsupported, "Captures of this device are not kept.");
  if (auto good = checkSegment(segment); !good) return good;
  events_.segmentDone(std::move(segment));
  return {};
}

Status DeviceRunner::onCaptureEnd(std::string_view key, std::uint32_t segments) {
  if (setup_.capture_folder.empty()) return fail(ErrorCode::unsupported, "Captures of this device are not kept.");
  if (!isPlainName(key, kMaxCaptureKey) || segments > kMaxSegments)
    return fail(ErrorCode::invalid_argument, "A capture's key is a plain name of up to 64 characters.");
  events_.captureDone(key, segments);
  return {};
}

}  // namespace robohub::plugin
