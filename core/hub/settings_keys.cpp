#include "hub/settings_keys.hpp"

#include <map>

namespace robohub::hub {

namespace {

const std::vector<config::KeyInfo>& described() {
  static const std::vector<config::KeyInfo> keys = [] {
    Settings defaults;
    return config::describe([&](config::Section& section) { readSettings(section, defaults); });
  }();
  return keys;
}

void put(std::vector<config::KeyInfo>& keys, const std::string& path, std::string value) {
  for (config::KeyInfo& key : keys) {
    if (key.path != path) continue;
    key.value = std::move(value);
    key.where = kFromCommandLine;
  }
}

// With a free port for people, whoever started the hub wants to disturb nobody.
void freeForeignPorts(Settings& settings) {
  settings.robots.listen.port = 0;
  settings.robots.browsers.port = 0;
  settings.cloudtalker.listen.port = 0;
}

ReadSettings finished(ReadSettings read, std::vector<config::KeyInfo> found, const ServeOptions& command_line) {
  // What the file does not say may still follow from what it says: the default of one key is another's value.
  read.keys = config::listKeys(read.errors.empty() ? keysOf(read.settings) : described(), found);
  read.settings.command_line = command_line;
  if (!command_line.data.empty()) {
    read.settings.data = command_line.data;
    put(read.keys, "server.data", command_line.data.string());
  }
  if (command_line.port) {
    read.settings.listen.port = *command_line.port;
    if (*command_line.port == 0) freeForeignPorts(read.settings);
    put(read.keys, "server.listen", read.settings.listen.str());
  }
  return read;
}

}  // namespace

ReadSettings readSettingsOf(const std::filesystem::path& file, const ServeOptions& command_line) {
  ReadSettings read;
  std::vector<config::KeyInfo> found;
  if (!file.empty()) read.errors = readSettingsFile(file, read.settings, &found);
  return finished(std::move(read), std::move(found), command_line);
}

ReadSettings readSettingsText(std::string_view text, const std::filesystem::path& file,
                              const ServeOptions& command_line) {
  ReadSettings read;
  std::vector<config::KeyInfo> found;
  const bool has_file = !file.empty();
  read.settings.file = file;
  read.errors = config::readText(
      text, has_file ? file.filename().string() : "settings",
      has_file ? file.parent_path() : std::filesystem::current_path(),
      [&](config::Section& section) { readSettings(section, read.settings); }, &found);
  return finished(std::move(read), std::move(found), command_line);
}

std::vector<config::KeyInfo> keysOf(const Settings& settings) {
  Settings copy = settings;
  std::vector<config::KeyInfo> values =
      config::describe([&](config::Section& section) { readSettings(section, copy); });
  std::map<std::string, std::string> defaults;
  for (const config::KeyInfo& key : described()) defaults.emplace(key.path, key.fallback);
  for (config::KeyInfo& key : values) key.fallback = defaults[key.path];
  return config::listKeys(values, {});
}

Settings reloaded(const Settings& running, Settings next) {
  next.listen = running.listen;
  next.insecure = running.insecure;
  next.data = running.data;
  next.web = running.web;
  next.loops = running.loops;
  next.plugin_folders = running.plugin_folders;
  next.oidc = running.oidc;
  next.captures.folder = running.captures.folder;
  next.telemetry.enabled = running.telemetry.enabled;
  next.mqtt = running.mqtt;
  next.cloudtalker.listen = running.cloudtalker.listen;
  next.robots.listen = running.robots.listen;
  next.robots.browsers = running.robots.browsers;
  next.robots.plaintext = running.robots.plaintext;
  if (next.tlsOn() != running.tlsOn()) next.tls = running.tls;
  next.tls.mode = running.tls.mode;
  return next;
}

KeysAfterReload reloadedKeys(const ReadSettings& running, const ReadSettings& next) {
  KeysAfterReload after;
  after.changes = config::changesBetween(running.keys, next.keys);
  const bool tls_turns = reloaded(running.settings, next.settings).tlsOn() != next.settings.tlsOn() ||
                         next.settings.tlsOn() != running.settings.tlsOn();
  std::map<std::string, const config::KeyInfo*> before;
  for (const config::KeyInfo& key : running.keys) before.emplace(key.path, &key);
  std::map<std::string, bool> waits;
  for (config::KeyChange& change : after.changes) {
    if (tls_turns && change.path.starts_with("server.tls.")) change.restart = true;
    waits[change.path] = change.restart;
  }
  // The next reload compares with what counts: a device that is new and waits is not there yet, and one that is gone
  // from the file works on.
  for (const config::KeyInfo& key : next.keys) {
    const auto at = before.find(key.path);
    if (at == before.end()) {
      if (!key.restart && !waits[key.path]) after.keys.push_back(key);
      continue;
    }
    after.keys.push_back(waits[key.path] ? *at->second : key);
    before.erase(at);
  }
  for (const config::KeyInfo& key : running.keys)
    if (before.contains(key.path) && (key.restart || waits[key.path])) after.keys.push_back(key);
  return after;
}

}  // namespace robohub::hub
