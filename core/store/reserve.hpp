// A full disk must not take away what safety needs: stops, epochs and deletions are written last. So the free space of
// the data folder is watched, and a file of ballast is kept there that is given up when the disk is nearly full, which
// makes room for exactly those writes; it is put back when there is room again.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace robohub::store {

struct ReserveSettings {
  std::int64_t warn_bytes = 1024LL * 1024 * 1024;    // less free space than this is worth a word
  std::int64_t critical_bytes = 64LL * 1024 * 1024;  // less, and what can wait is refused; a fourth of it: ballast goes
  std::int64_t ballast_bytes = 32LL * 1024 * 1024;   // 0 = none
  Duration every = std::chrono::seconds(2);
};

enum class Room { plenty, low, critical };

struct ReserveFigures {
  Room room = Room::plenty;
  std::int64_t free_bytes = 0;  // for the hub's user, ballast not counted
  std::int64_t total_bytes = 0;
  bool ballast_kept = false;
};

// Thread-safe; owns its thread.
class Reserve {
 public:
  // Looks at once (blocks on the disk), then on a thread of its own every `settings.every`. `folder` must exist.
  Reserve(std::filesystem::path folder, ReserveSettings settings);
  ~Reserve();
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;

  // As of the newest look. Does not block on the disk.
  ReserveFigures figures() const;
  // False while free space is critical: enrolments, uploads, history and whatever else can wait should not begin.
  bool roomForExtras() const { return figures().room != Room::critical; }
  // How much of the free space whatever can wait has to leave: what is critical, and the ballast while that is given
  // up. Does not block on the disk.
  std::int64_t keptBytes() const;
  // A write found the disk full: look now. Does not block.
  void full();
  // New limits; looks at once.
  void configure(ReserveSettings settings);
  // After each look, on the reserve's thread; once, before others use it.
  void onLook(std::function<void(const ReserveFigures&)> told);

 private:
  void run();
  // [its thread, or the constructor]
  void look();
  bool putBallast(std::int64_t bytes) const;

  const std::filesystem::path folder_, ballast_;
  mutable Mutex mutex_;
  Condition wake_;
  ReserveSettings settings_ RH_GUARDED_BY(mutex_);
  ReserveFigures figures_ RH_GUARDED_BY(mutex_);
  std::function<void(const ReserveFigures&)> told_ RH_GUARDED_BY(mutex_);
  bool look_now_ RH_GUARDED_BY(mutex_) = false;
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace robohub::store
