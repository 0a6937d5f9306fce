// A certificate and its key as two files: written so that they are there whole or not at all, the key for its owner
// alone. Blocks. [any-thread]
#pragma once
#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "identity/x509.hpp"

namespace robohub::identity {

// Written beside, synced, renamed. What root writes belongs to whom the file belonged to that it replaces, or else to
// whom the folder belongs to, whose hub is to read it. Errors: permission_denied, exhausted, internal.
Status writeFileDurably(const std::filesystem::path& file, std::string_view text, unsigned mode);

// Nullopt when either file is missing. Errors: permission_denied when group or others may read the key (says the chmod
// that mends it), too_large, internal.
Result<std::optional<PemPair>> readPemPair(const std::filesystem::path& certificate, const std::filesystem::path& key);
// Makes the folder (0700) where it is missing; the key first, since a certificate without it is of no use.
Status writePemPair(const std::filesystem::path& certificate, const std::filesystem::path& key, const PemPair& pair);

}  // namespace robohub::identity
