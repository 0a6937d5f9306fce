// The folder of run-time state belongs to one program at a time: two hubs on one database would grant the same turn
// twice. The lock is the kernel's (flock), so that a killed hub leaves nothing to clean up.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace robohub::store {

// Holds `<folder>/hub.lock` while it lives. Immutable after it is made; the file functions may be called from any
// thread, block on the disk, and take plain file names inside the folder.
class DataFolder {
 public:
  // Makes the folder (0700) where it is missing and takes the lock, which belongs to the folder's owner. `who` is told
  // to whoever finds it held, for example "robohub serve". Errors: conflict (held, says by whom and what to do),
  // permission_denied, internal.
  static Result<std::unique_ptr<DataFolder>> open(const std::filesystem::path& folder, std::string_view who);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(std::string_view name) const { return path_ / name; }

  // A small secret (at most 64 KiB): nullopt when there is none. Errors: permission_denied when group or others may
  // read it (says the chmod that mends it), too_large, internal.
  Result<std::optional<std::string>> readSecret(std::string_view name) const;
  // Written 0600 to a temporary name, synced, renamed, folder synced: there afterwards whole or not at all.
  Status writeSecret(std::string_view name, std::string_view text) const;
  // Durable as well. Removing what is not there is fine.
  Status remove(std::string_view name) const;

 private:
  DataFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_;
};

}  // namespace robohub::store
