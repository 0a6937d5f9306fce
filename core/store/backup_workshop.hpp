// The folder beside a backup in which it is made: a whole copy of the database, and then the tar, lie there until the
// backup has its name. A program that is killed leaves it behind. Internal to store/.
#pragma once
#include <filesystem>
#include <memory>

#include "base/result.hpp"

namespace robohub::store {

// Immutable; the folder is gone again with it.
class BackupWorkshop {
 public:
  // `<file>.partial`, empty, 0700. Blocks. Errors: conflict (something is there that no backup has left; it stays),
  // permission_denied, exhausted, internal.
  static Result<std::unique_ptr<BackupWorkshop>> open(const std::filesystem::path& file);
  // Removes one that a killed program has left for `file`; there is none: done. Blocks. Errors: as open.
  static Status clear(const std::filesystem::path& file);

  explicit BackupWorkshop(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~BackupWorkshop();
  BackupWorkshop(const BackupWorkshop&) = delete;
  BackupWorkshop& operator=(const BackupWorkshop&) = delete;
  std::filesystem::path copy() const { return folder_ / "hub.db"; }
  std::filesystem::path tar() const { return folder_ / "backup.tar"; }

 private:
  const std::filesystem::path folder_;
};

}  // namespace robohub::store
