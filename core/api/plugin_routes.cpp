// Which plugins are installed, and what they serve.
#include <map>

#include "api/routes.hpp"

namespace robohub::api {

namespace {

std::size_t devicesOf(const Context& context, const plugin::Manifest& manifest) {
  std::size_t count = 0;
  for (const auto all = context.devices.all(); const auto& [id, device] : *all) {
    const auto view = device->view();
    count += view->plugin_version == manifest.version && manifest.type(view->type) != nullptr;
  }
  return count;
}

std::string pluginJson(const Context& context, const live::InstalledType& installed) {
  const plugin::Manifest& manifest = *installed.manifest;
  std::string types;
  for (const plugin::DeviceType& type : manifest.types) types += (types.empty() ? "" : ",") + json::quote(type.type);
  return "{\"id\":" + json::quote(manifest.id) + ",\"version\":" + json::quote(manifest.version) +
         ",\"title\":" + json::quote(manifest.title) + ",\"vendor\":" + json::quote(manifest.vendor) + ",\"types\":[" +
         types + "],\"folder\":" + json::quote(installed.panel_folder.parent_path().string()) +
         ",\"sha256\":" + json::quote(manifest.library ? manifest.library->sha256 : std::string()) +
         ",\"devices\":" + std::to_string(devicesOf(context, manifest)) + "}";
}

void listPlugins(const Context& context, const Request& request) {
  // A plugin with several types is there once for each.
  std::map<std::pair<std::string, std::string>, live::InstalledTypePtr> plugins;
  for (const live::InstalledTypePtr& installed : context.devices.services().catalogue.all())
    plugins.emplace(std::pair(installed->manifest->id, installed->manifest->version), installed);
  std::string text;
  for (const auto& [key, installed] : plugins) text += (text.empty() ? "" : ",") + pluginJson(context, *installed);
  request.answerJson(200, "{\"plugins\":[" + text + "]}");
}

}  // namespace

void addPluginRoutes(Router& router, Context& context) {
  router.add<Permission::administer>("GET", "/api/v1/plugins", "The plugins that are installed.",
                                     [&context](const Request& request) { listPlugins(context, request); });
}

}  // namespace robohub::api
