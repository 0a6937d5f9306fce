// What one agent keeps on its disk: its lock, its key, the driver's state. Two agents that share a key would push each
// other off the hub for ever, so the folder is locked for as long as the agent runs; the lock goes with the process.
//
//   lock           flock
//   key            the key in use and a fingerprint of the claim code that it was claimed with; 0600
//   key.claiming   a key that is being claimed: written before the hub hears of it, so that no crash can lose it
//   driver/        rh.state, the driver's own state (rh.state/1); a folder of its own, for the driver's process may
//                  write here and nowhere beside it
//   captures/      what it has recorded and the hub does not have yet (capture_outbox.hpp)
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "process/file_descriptor.hpp"

namespace robohub::agent {

// Not thread-safe. All functions block on the disk; they are for start-up and for the moment of a claim.
class StateFolder {
 public:
  // Makes the folder (0700) with its parents, and locks it. A driver's state that an older agent has left beside the
  // key is moved to its place. Errors: conflict (another agent holds it), permission_denied (others may write into it,
  // or we may not), internal.
  static Result<StateFolder> open(const std::filesystem::path& folder);

  // The key that the hub knows; empty when none was claimed yet. Errors: corrupt, internal.
  Result<std::string> key() const;
  // Whether the key in use was claimed with this code.
  Result<bool> claimedWith(std::string_view code) const;
  // A key to be claimed with this code: the one of an earlier attempt with the same code, or a new one. It is on disk
  // when this returns.
  Result<std::string> keyForClaim(std::string_view code);
  // The hub has taken it: it becomes the key in use, durably.
  Status adoptClaimedKey();

  std::filesystem::path driverState() const { return folder_ / "driver" / "rh.state"; }
  std::filesystem::path captures() const { return folder_ / "captures"; }
  const std::filesystem::path& path() const { return folder_; }

 private:
  StateFolder(std::filesystem::path folder, process::FileDescriptor lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}
  std::filesystem::path folder_;
  process::FileDescriptor lock_;
};

}  // namespace robohub::agent
