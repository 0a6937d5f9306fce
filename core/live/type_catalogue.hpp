// The device types that this hub knows, each in the versions that are installed: a device is checked against exactly
// the version that its agent runs. Made once at start; immutable. [any-thread]
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/manifest.hpp"
#include "plugin/scan.hpp"

struct rh_plugin;

namespace robohub::live {

// One device type of one installed version. Immutable.
struct InstalledType {
  std::shared_ptr<const plugin::Manifest> manifest;
  const plugin::DeviceType* type = nullptr;  // within the manifest
  std::filesystem::path panel_folder;        // may be missing
  std::string json;                          // the type's part of the manifest, as text
  const rh_plugin* entry = nullptr;          // of the loaded library; null for a type that none has
};
using InstalledTypePtr = std::shared_ptr<const InstalledType>;

// A type of its own, of a manifest's text with exactly one: for a device that can do less or other things than an
// installed type. Errors: as plugin::Manifest::parse; invalid_argument for none or several. [any-thread]
Result<InstalledTypePtr> typeFrom(std::string_view manifest_json, std::filesystem::path panel_folder = {});
// The same of the plugin of `base`, with another text for its type: `type_json` as in `base.json`. [any-thread]
Result<InstalledTypePtr> typeFrom(const InstalledType& base, std::string_view type_json);

class TypeCatalogue {
 public:
  // Loads every plugin below these folders (its library too, to compare what it says with its manifest). What is
  // refused is in `refused`, with its path; a folder that is missing is one of them. Blocks; start-up only.
  static TypeCatalogue load(const std::vector<std::filesystem::path>& folders, std::vector<Error>& refused);

  // Null when it is not installed.
  InstalledTypePtr find(std::string_view type, std::string_view version) const;
  // The highest version, or null.
  InstalledTypePtr newest(std::string_view type) const;
  // Names of all types, in order.
  std::vector<std::string> types() const;
  // Every installed type in every version.
  std::vector<InstalledTypePtr> all() const;

 private:
  // The versions of a type, the highest first.
  std::map<std::string, std::vector<InstalledTypePtr>, std::less<>> types_;
};

}  // namespace robohub::live
