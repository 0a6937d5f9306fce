// A backup's file as bytes: the tar, its manifest, and what may be in it. Internal to store/.
#pragma once
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "store/backup.hpp"

namespace robohub::store {

inline constexpr std::size_t kMaxBackupFiles = 4096;

// hub.db, secret.key, settings/robohub.yaml, or tls/ and one plain file name. Nothing else is ever written or taken
// out, so that no name can lead anywhere. Pure.
bool isBackupName(std::string_view name);

std::string manifestText(const BackupManifest& manifest);
// Errors: corrupt, unsupported.
Result<BackupManifest> readManifest(std::string_view text);

// Size and SHA-256 of a regular file. Blocks. Errors: not_found, those of the disk.
Result<BackupMember> measureFile(const std::filesystem::path& file, std::string name);

// Writes manifest and members (`sources` in the order of manifest.files) to a new file, 0600, synced. Blocks.
Status writeBackupFile(const std::filesystem::path& file, const BackupManifest& manifest,
                       const std::vector<std::filesystem::path>& sources);

// Reads it to its end, strictly: the members that the manifest names, in its order, with its sizes and hashes, and no
// other. `extract_to` (an empty folder that exists; empty: nowhere) gets them by their names, 0600 and synced. Blocks.
Result<BackupManifest> readBackupFile(const std::filesystem::path& file, const std::filesystem::path& extract_to);

// What the system said about a file, as an error.
Error fileError(int error, const std::string& what);
// Makes entries of a folder durable.
Status syncDirectory(const std::filesystem::path& folder);

}  // namespace robohub::store
