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

// All that can be seen without running any of it: there is a library for this platform; it, plugin.json and the folders
// are owned by root or this process's user and not writable by group or others; it is no link, its SHA-256 is that of
// plugin.json, and it exports rh_plugin_v1. Errors: not_found, permission_denied, corrupt, unsupported. Blocks on the
// disk. [any-thread]
Status checkInstalled(const InstalledPlugin& plugin);

// Of a plugin's panel folder and all below it that is served: the same about owners and who may write it. It runs in
// the page of whoever opens the device. A folder that is missing is good. Errors: permission_denied, not_found,
// internal; `where` names the file. Blocks on the disk. [any-thread]
Status checkPanel(const std::filesystem::path& panel_folder);

// checkInstalled(); then loads it (every symbol bound now), and compares describe() with the manifest. Errors and
// threads: the same.
Result<const rh_plugin*> load(const InstalledPlugin& plugin);

// Loads without a manifest: for the program that makes one from describe(). The same checks but hash and comparison.
Result<const rh_plugin*> loadUnlisted(const std::filesystem::path& file);

// describe()'s text. Errors: internal with the plugin's sentence.
Result<std::string> describe(const rh_plugin& plugin);

}  // namespace robohub::plugin
