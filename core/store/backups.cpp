#include "store/backups.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "store/backup_workshop.hpp"

namespace robohub::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxWaiting = 4;
constexpr auto kLook = std::chrono::minutes(1);
constexpr std::string_view kStart = "robohub-", kEnd = ".tar", kUnfinished = ".tar.partial";
constexpr std::size_t kStampSize = 16;  // 20261121T120500Z

std::string scheduledName(std::int64_t at_ms) {
  const std::time_t seconds = static_cast<std::time_t>(at_ms / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
  return std::string(kStart) + text.data() + std::string(kEnd);
}

// The time in a name that scheduledName() made; 0 for any other name.
std::int64_t timeOf(const std::string& name) {
  if (name.size() != kStart.size() + kStampSize + kEnd.size() || !name.starts_with(kStart) || !name.ends_with(kEnd))
    return 0;
  std::tm utc{};
  const char* rest = ::strptime(name.c_str() + kStart.size(), "%Y%m%dT%H%M%SZ", &utc);
  if (!rest || rest != name.c_str() + kStart.size() + kStampSize) return 0;
  return static_cast<std::int64_t>(::timegm(&utc)) * 1000;
}

// Those of the schedule only, oldest first.
std::vector<fs::path> scheduledIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (timeOf(at->path().filename().string()) != 0) files.push_back(at->path());
  std::sort(files.begin(), files.end());
  return files;
}

// One from the future (of a clock that was wrong) counts as none.
std::int64_t newestIn(const fs::path& folder, std::int64_t now_ms) {
  std::int64_t newest = 0;
  for (const fs::path& file : scheduledIn(folder))
    if (const std::int64_t at = timeOf(file.filename().string()); at <= now_ms) newest = std::max(newest, at);
  return newest;
}

// Makes room for `made`, which stays whatever its name says: a clock that ran ahead has left names that look newer than
// all that come. They go first, since nobody knows of when they are; among each kind the oldest goes first.
void prune(const fs::path& folder, const fs::path& made, std::size_t keep, std::int64_t now_ms) {
  auto others = scheduledIn(folder);
  std::erase(others, made);
  std::stable_partition(others.begin(), others.end(),
                        [&](const fs::path& file) { return timeOf(file.filename().string()) > now_ms; });
  std::error_code failed;
  for (std::size_t i = 0; i + keep < others.size() + 1 && i < others.size(); ++i) fs::remove(others[i], failed);
}

// Copies of everything, with the secrets, that a hub which was killed has left.
void removeUnfinished(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (!at->path().string().ends_with(kUnfinished)) continue;
    const fs::path file = fs::path(at->path()).replace_extension();
    if (timeOf(file.filename().string()) != 0) files.push_back(file);
  }
  // What is not ours stays, and is in nobody's way.
  for (const fs::path& file : files) static_cast<void>(BackupWorkshop::clear(file));
}

}  // namespace

Backups::Backups(const DataFolder& folder, fs::path settings_file, std::string version, const Clock& clock,
                 Observer observer, std::function<std::int64_t()> kept_bytes)
    : folder_(folder),
      settings_file_(std::move(settings_file)),
      version_(std::move(version)),
      clock_(clock),
      observer_(std::move(observer)),
      kept_bytes_(std::move(kept_bytes)),
      thread_([this] { run(); }) {}

void Backups::end() {
  std::deque<Request> waiting;
  {
    const Lock lock(mutex_);
    ending_ = true;
    waiting.swap(queue_);
    wake_.notify_all();
  }
  for (Request& request : waiting) request.done(fail(ErrorCode::unavailable, "The hub is shutting down."));
  if (thread_.joinable()) thread_.join();
}

void Backups::configure(const BackupSettings& settings) {
  const Lock lock(mutex_);
  settings_ = settings;
  state_.scheduled = !settings.folder.empty();
  state_.every = settings.every;
  if (!state_.scheduled) state_.last_failed.reset();
  look_again_ = true;
  wake_.notify_all();
}

void Backups::make(fs::path file, Done done) {
  bool ending = false;
  {
    const Lock lock(mutex_);
    ending = ending_;
    if (!ending && queue_.size() < kMaxWaiting) {
      queue_.push_back({std::move(file), std::move(done)});
      wake_.notify_all();
      return;
    }
  }
  done(ending ? fail(ErrorCode::unavailable, "The hub is shutting down.")
              : fail(ErrorCode::exhausted, "Other backups are being made; try again in a moment."));
}

BackupState Backups::state() const {
  const Lock lock(mutex_);
  return state_;
}

Result<BackupManifest> Backups::makeOne(const fs::path& file) {
  return makeBackup(folder_, {file, settings_file_, version_, clock_.wall(), kept_bytes_ ? kept_bytes_() : 0});
}

void Backups::makeScheduled(const BackupSettings& settings) {
  const std::int64_t now = toMs(clock_.wall());
  const fs::path file = settings.folder / scheduledName(now);
  std::error_code failed;
  fs::create_directories(settings.folder, failed);
  removeUnfinished(settings.folder);
  const auto made = makeOne(file);
  {
    const Lock lock(mutex_);
    state_.last_failed = made ? std::optional<Error>() : made.error();
    if (made) state_.newest_at_ms = now;
  }
  if (made) prune(settings.folder, file, settings.keep, now);
  observer_(file, made ? Status{} : fail(made.error()), true);
}

void Backups::run() {
  pthread_setname_np(pthread_self(), "rh-backup");
  MonoTime not_before{};  // after one that failed
  Lock lock(mutex_);
  while (!ending_) {
    if (!queue_.empty()) {
      const Request request = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      auto made = makeOne(request.file);
      observer_(request.file, made ? Status{} : fail(made.error()), false);
      request.done(std::move(made));
      lock.lock();
      continue;
    }
    const BackupSettings settings = settings_;
    const bool look_again = std::exchange(look_again_, false);
    if (look_again) {
      not_before = {};
      lock.unlock();
      const std::int64_t newest = settings.folder.empty() ? 0 : newestIn(settings.folder, toMs(clock_.wall()));
      lock.lock();
      state_.newest_at_ms = newest;
    }
    // One that was made before the clock was set back counts as none.
    const std::int64_t now = toMs(clock_.wall());
    const std::int64_t age = now - state_.newest_at_ms;
    const bool due = age < 0 || age >= std::chrono::milliseconds(settings.every).count();
    if (!settings.folder.empty() && due && clock_.now() >= not_before) {
      lock.unlock();
      makeScheduled(settings);
      lock.lock();
      if (state_.last_failed) not_before = clock_.now() + std::chrono::minutes(10);
      continue;
    }
    wake_.wait_for(lock, kLook, [this]() RH_REQUIRES(mutex_) { return ending_ || look_again_ || !queue_.empty(); });
  }
}

}  // namespace robohub::store
