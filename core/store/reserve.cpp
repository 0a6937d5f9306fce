#include "store/reserve.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <system_error>

namespace robohub::store {

namespace {
constexpr const char* kBallast = "ballast";
constexpr std::int64_t kGiveUpPart = 4;  // of the critical size: less than a fourth of it is nearly nothing
}  // namespace

Reserve::Reserve(std::filesystem::path folder, ReserveSettings settings)
    : folder_(std::move(folder)), ballast_(folder_ / kBallast), settings_(settings) {
  look();
  thread_ = std::thread([this] { run(); });
}

Reserve::~Reserve() {
  {
    Lock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

ReserveFigures Reserve::figures() const {
  Lock lock(mutex_);
  return figures_;
}

std::int64_t Reserve::keptBytes() const {
  Lock lock(mutex_);
  return settings_.critical_bytes + (figures_.ballast_kept ? 0 : settings_.ballast_bytes);
}

void Reserve::full() {
  Lock lock(mutex_);
  look_now_ = true;
  wake_.notify_one();
}

void Reserve::configure(ReserveSettings settings) {
  Lock lock(mutex_);
  settings_ = settings;
  look_now_ = true;
  wake_.notify_one();
}

void Reserve::onLook(std::function<void(const ReserveFigures&)> told) {
  Lock lock(mutex_);
  told_ = std::move(told);
}

void Reserve::run() {
  pthread_setname_np(pthread_self(), "rh-disk");
  while (true) {
    std::function<void(const ReserveFigures&)> told;
    ReserveFigures figures;
    {
      Lock lock(mutex_);
      wake_.wait_for(lock, settings_.every, [this]() RH_REQUIRES(mutex_) { return ending_ || look_now_; });
      if (ending_) return;
      look_now_ = false;
    }
    look();
    {
      Lock lock(mutex_);
      told = told_;
      figures = figures_;
    }
    if (told) told(figures);
  }
}

void Reserve::look() {
  ReserveSettings say;
  {
    Lock lock(mutex_);
    say = settings_;
  }
  struct statvfs about {};
  if (::statvfs(folder_.c_str(), &about) != 0) return;  // the folder has gone: the database will tell
  ReserveFigures now;
  now.free_bytes = static_cast<std::int64_t>(about.f_bavail) * static_cast<std::int64_t>(about.f_frsize);
  now.total_bytes = static_cast<std::int64_t>(about.f_blocks) * static_cast<std::int64_t>(about.f_frsize);
  std::error_code none;
  const auto size = std::filesystem::file_size(ballast_, none);
  const std::int64_t held = none ? 0 : static_cast<std::int64_t>(size);
  now.ballast_kept = held > 0;
  if (held > 0 && (now.free_bytes < say.critical_bytes / kGiveUpPart || say.ballast_bytes != held)) {
    std::filesystem::remove(ballast_, none);
    now.ballast_kept = false;
    now.free_bytes += held;
  }
  // Back only when that does not make the disk critical again.
  if (!now.ballast_kept && say.ballast_bytes > 0 && now.free_bytes - say.ballast_bytes >= say.critical_bytes &&
      putBallast(say.ballast_bytes)) {
    now.ballast_kept = true;
    now.free_bytes -= say.ballast_bytes;
  }
  // What was given up is for stops and epochs: it is no room.
  const std::int64_t missing = now.ballast_kept ? 0 : say.ballast_bytes;
  if (now.free_bytes - missing < say.critical_bytes)
    now.room = Room::critical;
  else if (now.free_bytes < say.warn_bytes)
    now.room = Room::low;
  Lock lock(mutex_);
  figures_ = now;
}

bool Reserve::putBallast(std::int64_t bytes) const {
  const int file = ::open(ballast_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return false;
  const bool put = ::posix_fallocate(file, 0, bytes) == 0;
  ::close(file);
  if (!put) ::unlink(ballast_.c_str());
  return put;
}

}  // namespace robohub::store
