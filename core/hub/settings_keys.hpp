// The settings as an administrator sees them: every key with what counts, the default and where it comes from; and what
// another file would change. Reading blocks on the disk. [any-thread]
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/listing.hpp"
#include "hub/settings.hpp"

namespace robohub::hub {

inline constexpr const char* kFromCommandLine = "command line";  // as KeyInfo::where

// A file as it was read, with every key; no errors: it is good.
struct ReadSettings {
  Settings settings;
  std::vector<config::KeyInfo> keys;
  config::Errors errors;
};

// An empty `file` stands for none: everything by default. What the command line says is put over it.
ReadSettings readSettingsOf(const std::filesystem::path& file, const ServeOptions& command_line);
// The same for a text that somebody wants to put into `file`.
ReadSettings readSettingsText(std::string_view text, const std::filesystem::path& file,
                              const ServeOptions& command_line);
// The keys of settings that a program made by itself.
std::vector<config::KeyInfo> keysOf(const Settings& settings);

// What counts after a reload: `next`, but what needs a restart as it is `running`.
Settings reloaded(const Settings& running, Settings next);
// The same for the lists of keys, and what has changed. A change that would begin or end TLS waits for a restart too.
struct KeysAfterReload {
  std::vector<config::KeyInfo> keys;       // as they count now
  std::vector<config::KeyChange> changes;  // all; those with `restart` do not count yet
};
KeysAfterReload reloadedKeys(const ReadSettings& running, const ReadSettings& next);

}  // namespace robohub::hub
