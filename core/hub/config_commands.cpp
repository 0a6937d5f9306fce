// `robohub config ...` and `robohub check-config`
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/json.hpp"
#include "hub/admin_client.hpp"
#include "hub/command_groups.hpp"
#include "hub/named_files.hpp"
#include "hub/own_url.hpp"
#include "hub/settings_keys.hpp"
#include "net/certificate.hpp"

namespace robohub::hub {

namespace {

// Root reads every file, but the hub runs as the user whom its data belongs to. So root looks a second time, as that
// user: at the files that the settings name, not at the settings file itself, which may be a draft in root's home.
config::Errors faultsForTheHub(const std::string& file, const Settings& settings) {
  const ::uid_t before = ::geteuid();
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  const std::filesystem::path whole = std::filesystem::absolute(file);
  becomeOwnerOf(settings.data);
  if (::geteuid() == before) return checkNamedFiles(settings);
  const ReadSettings again = readSettingsText(text.str(), whole, {});
  return again.errors.empty() ? checkNamedFiles(again.settings) : again.errors;
}

// What is no fault, and yet would keep everybody out.
std::vector<std::string> notesOn(const Settings& settings) {
  std::vector<std::string> notes;
  if (!settings.tlsOn() || settings.tls.certificate.empty()) return notes;
  const auto shown = net::readCertificate(settings.tls.certificate);
  const auto origins = shown ? unlistedOrigins(shown->names, settings) : std::vector<std::string>();
  for (const std::string& origin : origins)
    notes.push_back("nobody can sign in at " + origin + " until server.origins lists it: server.origins: [\"" + origin +
                    "\"]");
  return notes;
}

int check(CommandLine& line) {
  const std::string& file = line.arguments()[0];
  Settings settings;
  config::Errors errors = readSettingsFile(file, settings);
  if (errors.empty()) errors = faultsForTheHub(file, settings);
  if (!errors.empty()) {
    std::cerr << config::format(errors);
    return kRefused;
  }
  const std::vector<std::string> notes = notesOn(settings);
  if (line.json()) {
    std::string list;
    for (const std::string& note : notes) list += (list.empty() ? "" : ",") + json::quote(note);
    printJson("{\"ok\":true,\"notes\":[" + list +
              "],\"data\":" + json::quote(std::filesystem::absolute(settings.data).lexically_normal().string()) + "}");
    return kDone;
  }
  std::cout << file << ": good\n";
  for (const std::string& note : notes) std::cout << "note: " << note << "\n";
  return kDone;
}

int show(CommandLine& line) {
  return askAndShow(line, "GET", "/api/v1/config", "", [](const json::Object& answer) {
    std::vector<std::vector<std::string>> rows{{"KEY", "VALUE", "SOURCE", ""}};
    for (const auto& key : objectsOf(answer, "keys"))
      rows.push_back({textOf(*key, "path"), textOf(*key, "value"), textOf(*key, "source"),
                      textOf(*key, "restart") == "yes" ? "read at start" : ""});
    printTable(rows);
  });
}

int reload(CommandLine& line) {
  const auto answer = askHubObject(line, "POST", "/api/v1/config/reload", "{}");
  if (!answer) return failedToAsk(answer.error());
  const json::Object& reload = **answer;
  const bool good = textOf(reload, "ok") == "yes";
  if (line.json()) {
    printJson(json::write(reload));
    return good ? kDone : kRefused;
  }
  for (const auto& error : objectsOf(reload, "errors"))
    std::cerr << textOf(*error, "where") << ": " << textOf(*error, "message") << "\n";
  if (!good) {
    std::cerr << "robohub: Nothing was changed.\n";
    return kRefused;
  }
  const std::string changed = textOf(reload, "changed"), restart = textOf(reload, "needs_restart");
  std::cout << (changed.empty() ? "Nothing has changed.\n" : "Changed: " + changed + "\n");
  if (!restart.empty()) std::cout << "Needs a restart of the hub: " << restart << "\n";
  return kDone;
}

}  // namespace

std::vector<Command> configCommands() {
  const Command one{.words = "check-config",
                    .arguments = "FILE",
                    .summary = "reads a settings file and names every fault with its line",
                    .min_arguments = 1,
                    .max_arguments = 1,
                    .run = check,
                    .details =
                        "Secrets that it names are looked at too, and the certificates and keys of server.tls, "
                        "cloudtalker and oidc; typed as root, as the hub's user would read them. --json says "
                        "where the hub's data folder is, too.",
                    .reads_config = false};
  Command same = one;
  same.words = "config check";
  return {
      one,
      same,
      {.words = "config show", .summary = "shows what the hub runs with and where each value comes from", .run = show},
      {.words = "config reload",
       .summary = "lets the hub read its settings file again, all or nothing",
       .run = reload,
       .details = "No connection and no turn is dropped. What needs a restart is said."},
  };
}

}  // namespace robohub::hub
