// Finds the plugins installed in a folder: <folder>/<id>/<version>/plugin.json. Reads manifests only; no plugin's code
// runs. [any-thread], blocks on the disk.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "plugin/manifest.hpp"

namespace robohub::plugin {

struct InstalledPlugin {
  std::filesystem::path folder;  // holds plugin.json, the library, and panel/
  std::shared_ptr<const Manifest> manifest;

  std::filesystem::path libraryPath() const;  // empty when there is none for this platform
};

struct ScanResult {
  std::vector<InstalledPlugin> plugins;  // by id, the highest version first
  std::vector<Error> refused;            // `where` is the path; the rest is usable all the same
};

// Errors: not_found when the folder is missing.
Result<ScanResult> scan(const std::filesystem::path& folder);

// One plugin's folder. Errors: not_found, invalid_argument, permission_denied; `where` names the file.
Result<InstalledPlugin> readInstalled(const std::filesystem::path& plugin_folder);

// "1.9.2" is below "1.10.0", and "1.0.0-rc1" below "1.0.0". Numbers compare as numbers, all else as text.
bool versionLess(std::string_view a, std::string_view b);

// The plugin among `found` that offers this device type; the highest version, or exactly `version` where it is given.
// Null when there is none.
const InstalledPlugin* findType(const std::vector<InstalledPlugin>& found, std::string_view type,
                                std::string_view version = "");

}  // namespace robohub::plugin
