// A copy of everything that must not be lost in ONE file (a tar): the database as it was at one moment, the secrets,
// what is in tls/, the settings file, and first of all a manifest with the SHA-256 of each. Made while the hub works:
// the copy is read in one snapshot, which keeps no writer waiting (the WAL only grows meanwhile).
//
// File format: members `manifest.json`, `manifest.sha256` (of the former), `hub.db`, `secret.key`, `tls/<name>`,
// `settings/robohub.yaml`, regular files only, in this order, those that exist. The manifest:
// {"robohub_backup":1,"version":"0.1.0","made_at_ms":..,"schema":6, "files":[{"name","bytes","sha256"}]}.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "store/data_folder.hpp"

namespace robohub::store {

class Session;

struct BackupMember {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;  // 64 hexadecimal digits
};

struct BackupManifest {
  std::string version;  // of the program that made it
  std::int64_t made_at_ms = 0;
  int schema = 0;  // of its database
  std::vector<BackupMember> files;
};

struct BackupRequest {
  std::filesystem::path file;      // absolute; must not exist, its folder must
  std::filesystem::path settings;  // the settings file; empty: none
  std::string version;
  WallTime now;
  std::int64_t keep_free_bytes = 0;  // on the disk of the data folder: kept for what matters more
};

// Writes `request.file` (0600) and reads it back: every hash, and quick_check on the copied database. There afterwards
// whole and synced, or not at all. Blocks; any thread of the program that holds `folder`, whether its database is open
// or not. Made in `<file>.partial`, which goes first where a killed program has left it. Errors: invalid_argument (no
// absolute path), conflict (it exists, or something else is called <file>.partial), not_found (no database, no such
// folder), permission_denied, exhausted (disk full, or would be: then nothing was begun), too_large (more than 4,096
// files in tls/), corrupt (the database is damaged), internal.
Result<BackupManifest> makeBackup(const DataFolder& folder, const BackupRequest& request);

// What the file says about itself, after every hash was checked. Errors: corrupt (no backup, damaged, cut short, with
// members that no backup has), unsupported (made by a newer robohub), not_found, permission_denied. Blocks.
Result<BackupManifest> checkBackup(const std::filesystem::path& file);

struct Restored {
  BackupManifest manifest;
  std::filesystem::path old_state;  // where the state that was there has gone; empty: there was none
  std::filesystem::path settings;   // where the settings file of the backup lies now; empty: it held none
  std::int64_t devices = 0;         // whose epochs were raised
  // Ids of those that were revoked in the state that was there, and are enrolled as in the backup now.
  std::vector<std::string> returned = {};
};

// Puts the backup in the place of what is in `folder`, which nobody else may have open (the lock is proof). Everything
// is checked, migrated and made ready in a folder of its own first; after that the change is carried to its end, by
// this call or, if this program is killed, by the next DataFolder::open(). What was there is moved to
// before-restore-<time>/. Epochs: of each device beyond what the backup, the state that is replaced, and the time of
// day allow anybody to have seen, by 2^32, so that agents accept the restored hub and no old lease. Account sessions
// and tokens go on as the backup has them. `amend` runs in the transaction that raises the epochs (the audit's entry).
// Errors as checkBackup, and those of the disk; then nothing has changed. Blocks.
Result<Restored> restoreBackup(const DataFolder& folder, const std::filesystem::path& file, WallTime now,
                               const std::function<Status(Session&)>& amend);

// Carries a restore to its end that was decided and not finished. Nothing to do: done. DataFolder::open() calls it with
// the lock held.
Status finishRestore(const std::filesystem::path& folder);

}  // namespace robohub::store
