// robohub.yaml as types: every key of config/robohub.yaml, read strictly. Filled before anything starts; immutable
// after.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/file.hpp"
#include "control/settings.hpp"
#include "device/settings.hpp"
#include "identity/settings.hpp"
#include "net/http_server.hpp"

namespace robohub::hub {

struct Settings {
  config::Address listen{"127.0.0.1", 8080};
  bool insecure = false;  // another machine may reach the listener without TLS
  std::filesystem::path data = "data";
  std::filesystem::path web = "web/dist";
  std::size_t loops = 0;  // 0 = one a core but one, at least one
  std::vector<std::string> origins;
  std::vector<std::filesystem::path> plugin_folders;
  identity::Settings identity;
  control::TurnSettings turns;
  std::map<std::string, control::TurnSettings> device_turns;  // by device id
  device::Settings enrolment;
  net::HttpServerOptions http{.max_connections = 10'000, .max_per_address = 2'000};
  std::string log_level = "info";
  std::filesystem::path log_file;  // empty: standard error

  // Those of the device, or the general ones.
  const control::TurnSettings& turnsOf(const std::string& device) const;
};

// Asks for every key. Errors are the section's.
void readSettings(config::Section& section, Settings& settings);
// Reads a whole file. No errors: `settings` is good.
config::Errors readSettingsFile(const std::filesystem::path& file, Settings& settings);

}  // namespace robohub::hub
