// The running hub's backups: asked for by an administrator, or made by themselves into a folder, of which the newest
// few are kept. One thread makes one at a time.
#pragma once
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "base/mutex.hpp"
#include "store/backup.hpp"
#include "store/backup_settings.hpp"

namespace robohub::store {

struct BackupState {
  bool scheduled = false;            // a folder is configured
  std::chrono::minutes every{0};     // then: how often
  std::int64_t newest_at_ms = 0;     // of the folder's newest, also from before this start; 0: none
  std::optional<Error> last_failed;  // of the last attempt by schedule; gone once one has succeeded
};

// Thread-safe.
class Backups {
 public:
  using Done = std::function<void(Result<BackupManifest>)>;
  // Told of every backup that was made or has failed, on the thread of the backups.
  using Observer = std::function<void(const std::filesystem::path& file, const Status& status, bool by_schedule)>;

  // `folder` and `clock` must outlive it. `settings_file` may be empty. `kept_bytes`, where given, is asked before each
  // one how much of the data folder's disk it has to leave free.
  Backups(const DataFolder& folder, std::filesystem::path settings_file, std::string version, const Clock& clock,
          Observer observer, std::function<std::int64_t()> kept_bytes = nullptr);
  ~Backups() { end(); }
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;

  // Also while running (reload).
  void configure(const BackupSettings& settings);
  // Queues one; `done` on the thread of the backups, or at once on the calling one: exhausted (four wait already),
  // unavailable (ending). Does not block.
  void make(std::filesystem::path file, Done done);
  // Answers what waits (unavailable), waits for the one that is being made; none is made any more. Before the loops
  // end, to which the answers go. Blocks. Idempotent; on one thread.
  void end();
  // Does not block on the disk.
  BackupState state() const;

 private:
  struct Request {
    std::filesystem::path file;
    Done done;
  };
  void run();
  void makeScheduled(const BackupSettings& settings);
  Result<BackupManifest> makeOne(const std::filesystem::path& file);

  const DataFolder& folder_;
  const std::filesystem::path settings_file_;
  const std::string version_;
  const Clock& clock_;
  const Observer observer_;
  const std::function<std::int64_t()> kept_bytes_;
  mutable Mutex mutex_;
  Condition wake_;
  std::deque<Request> queue_ RH_GUARDED_BY(mutex_);
  BackupSettings settings_ RH_GUARDED_BY(mutex_);
  BackupState state_ RH_GUARDED_BY(mutex_);
  bool look_again_ RH_GUARDED_BY(mutex_) = false;  // the settings have changed
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace robohub::store
