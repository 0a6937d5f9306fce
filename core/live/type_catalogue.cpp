#include "live/type_catalogue.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "plugin/library.hpp"

namespace robohub::live {

TypeCatalogue TypeCatalogue::load(const std::vector<std::filesystem::path>& folders, std::vector<Error>& refused) {
  TypeCatalogue catalogue;
  for (const auto& folder : folders) {
    auto found = plugin::scan(folder);
    if (!found) {
      refused.push_back(found.error());
      continue;
    }
    refused.insert(refused.end(), found->refused.begin(), found->refused.end());
    for (const plugin::InstalledPlugin& plugin : found->plugins) {
      const auto loaded = plugin::load(plugin);
      if (!loaded) {
        Error error = loaded.error();
        if (error.where.empty()) error.where = plugin.folder.string();
        refused.push_back(std::move(error));
        continue;
      }
      for (const plugin::DeviceType& type : plugin.manifest->types) {
        if (catalogue.find(type.type, plugin.manifest->version)) {
          refused.push_back({ErrorCode::conflict,
                             "Version " + plugin.manifest->version + " of the device type " + type.type +
                                 " is installed twice; this one is left out.",
                             plugin.folder.string()});
          continue;
        }
        auto installed = std::make_shared<InstalledType>();
        installed->manifest = plugin.manifest;
        installed->type = &type;
        installed->panel_folder = plugin.folder / "panel";
        installed->json = json::write(*type.json);
        installed->entry = *loaded;
        catalogue.types_[type.type].push_back(std::move(installed));
      }
    }
  }
  // Each folder came sorted, but not all of them together.
  for (auto& [name, versions] : catalogue.types_)
    std::stable_sort(versions.begin(), versions.end(), [](const InstalledTypePtr& a, const InstalledTypePtr& b) {
      return plugin::versionLess(b->manifest->version, a->manifest->version);
    });
  return catalogue;
}

Result<InstalledTypePtr> typeFrom(std::string_view manifest_json, std::filesystem::path panel_folder) {
  auto manifest = plugin::Manifest::parse(manifest_json);
  if (!manifest) return fail(manifest.error());
  if ((*manifest)->types.size() != 1)
    return fail(ErrorCode::invalid_argument, "One device type is needed here.", "/device_types");
  auto made = std::make_shared<InstalledType>();
  made->manifest = std::move(*manifest);
  made->type = &made->manifest->types.front();
  made->panel_folder = std::move(panel_folder);
  made->json = json::write(*made->type->json);
  return InstalledTypePtr(std::move(made));
}

Result<InstalledTypePtr> typeFrom(const InstalledType& base, std::string_view type_json) {
  const plugin::Manifest& plugin = *base.manifest;
  std::string permissions;
  for (const std::string& each : plugin.permissions)
    permissions += (permissions.empty() ? "" : ",") + json::quote(each);
  std::string text = "{\"abi\":1,\"id\":" + json::quote(plugin.id) + ",\"version\":" + json::quote(plugin.version) +
                     ",\"title\":" + json::quote(plugin.title) + ",\"permissions\":[" + permissions + "]";
  if (!plugin.vendor.empty()) text += ",\"vendor\":" + json::quote(plugin.vendor);
  text += ",\"device_types\":[";
  text += type_json;
  return typeFrom(text + "]}", base.panel_folder);
}

InstalledTypePtr TypeCatalogue::find(std::string_view type, std::string_view version) const {
  const auto at = types_.find(type);
  if (at == types_.end()) return nullptr;
  for (const auto& installed : at->second)
    if (installed->manifest->version == version) return installed;
  return nullptr;
}

InstalledTypePtr TypeCatalogue::newest(std::string_view type) const {
  const auto at = types_.find(type);
  return at == types_.end() ? nullptr : at->second.front();
}

std::vector<std::string> TypeCatalogue::types() const {
  std::vector<std::string> names;
  for (const auto& [name, versions] : types_) names.push_back(name);
  return names;
}

std::vector<InstalledTypePtr> TypeCatalogue::all() const {
  std::vector<InstalledTypePtr> every;
  for (const auto& [name, versions] : types_) every.insert(every.end(), versions.begin(), versions.end());
  return every;
}

}  // namespace robohub::live
