// `robohub plugin ...`: which device types are installed, and whether a plugin could be.
#include <iostream>

#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"
#include "live/type_catalogue.hpp"
#include "plugin/library.hpp"

namespace robohub::hub {

namespace {

const std::vector<std::string> kHeading{"PLUGIN", "VERSION", "TYPES", "DEVICES", "FOLDER"};

std::string typesOf(const plugin::Manifest& manifest) {
  std::string text;
  for (const auto& type : manifest.types) text += (text.empty() ? "" : ", ") + type.type;
  return text;
}

// What a start of the hub would find wrong, before any code of the plugin runs.
Status good(const plugin::InstalledPlugin& found) {
  if (const Status installed = plugin::checkInstalled(found); !installed) return installed;
  return plugin::checkPanel(found.folder / "panel");
}

int listFolders(const CommandLine& line) {
  if (const Status valid = line.settingsGood(); !valid) return refused(valid.error());
  std::vector<std::vector<std::string>> rows{kHeading};
  std::string objects;
  bool all_good = true;
  for (const auto& folder : line.settings().plugin_folders) {
    const auto found = plugin::scan(folder);
    if (!found) {
      all_good = false;
      (void)refused(found.error());
      continue;
    }
    for (const Error& error : found->refused) {
      all_good = false;
      (void)refused(error);
    }
    for (const auto& one : found->plugins) {
      if (const Status is_good = good(one); !is_good) {
        all_good = false;
        (void)refused(is_good.error());
      }
      rows.push_back({one.manifest->id, one.manifest->version, typesOf(*one.manifest), "", one.folder.string()});
      objects += (objects.empty() ? "" : ",") +
                 ("{\"id\":" + json::quote(one.manifest->id) + ",\"version\":" + json::quote(one.manifest->version) +
                  ",\"folder\":" + json::quote(one.folder.string()) + "}");
    }
  }
  if (line.json())
    printJson("{\"plugins\":[" + objects + "]}");
  else
    printTable(rows);
  return all_good ? kDone : kRefused;
}

int list(CommandLine& line) {
  const auto answer = askHub(line, "GET", "/api/v1/plugins");
  if (!answer && noHubRuns(answer.error())) return listFolders(line);
  if (!answer) return refused(answer.error());
  if (line.json()) return printJson(*answer), kDone;
  const auto object = json::parseObject(*answer);
  if (!object) return refused(object.error());
  std::vector<std::vector<std::string>> rows{kHeading};
  for (const auto& plugin : objectsOf(**object, "plugins"))
    rows.push_back({textOf(*plugin, "id"), textOf(*plugin, "version"), textOf(*plugin, "types"),
                    textOf(*plugin, "devices"), textOf(*plugin, "folder")});
  return printTable(rows), kDone;
}

int check(CommandLine& line) {
  const auto found = plugin::readInstalled(std::filesystem::absolute(line.arguments()[0]));
  if (!found) return refused(found.error());
  if (const Status is_good = good(*found); !is_good) return refused(is_good.error());
  if (line.json())
    printJson("{\"id\":" + json::quote(found->manifest->id) + ",\"version\":" + json::quote(found->manifest->version) +
              "}");
  else
    std::cout << found->manifest->id << " " << found->manifest->version << " (" << typesOf(*found->manifest)
              << "): good\n";
  return kDone;
}

}  // namespace

std::vector<Command> pluginCommands() {
  return {
      {.words = "plugin list",
       .summary = "shows the installed plugins",
       .run = list,
       .details = "While no hub runs, those in plugins.path of --config."},
      {.words = "plugin check",
       .arguments = "FOLDER",
       .summary = "checks a plugin's folder (it holds plugin.json) as the hub does, and names what is wrong",
       .min_arguments = 1,
       .max_arguments = 1,
       .run = check,
       .details = "No code of the plugin runs. As the user that the hub runs as, since plugins must belong to it or to "
                  "root."},
  };
}

}  // namespace robohub::hub
