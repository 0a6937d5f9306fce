// Loads a plugin's shared object after checking everything that can be checked without running it. It is never
// unloaded: statics, thread_locals and threads of its own make that unsafe; a new version is a new path.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "plugin/scan.hpp"
#include "rh/abi.h"

namespace robohub::plugin {

// Checks before anything is mapped: library and folders are owned by root or this process's user and not writable by
// group or others, SHA-256 as in plugin.json, the only rh_* export is rh_plugin_v1. Then loads it (every symbol bound
// now), and compares describe() with the manifest. Errors: not_found, permission_denied, corrupt, unsupported.
// Blocks on the disk. [any-thread]
Result<const rh_plugin*> load(const InstalledPlugin& plugin);

// Loads without a manifest: for the program that makes one from describe(). The same checks but hash and comparison.
Result<const rh_plugin*> loadUnlisted(const std::filesystem::path& file);

// describe()'s text. Errors: internal with the plugin's sentence.
Result<std::string> describe(const rh_plugin& plugin);

}  // namespace robohub::plugin
