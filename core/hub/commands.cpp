#include "hub/commands.hpp"

#include <iostream>
#include <map>
#include <optional>

#include "hub/device_commands.hpp"
#include "hub/hub.hpp"
#include "hub/settings.hpp"

namespace robohub::hub {

const char* usage() {
  return "Usage: robohub COMMAND [OPTIONS]\n"
         "\n"
         "  serve [--config FILE] [--data DIR] [--port N]   runs the hub; see robohub serve --help\n"
         "  check-config FILE                               reads a settings file and names every fault\n"
         "  device enrol ID --type TYPE [--name NAME] [--hub-url URL]\n"
         "                                                  prints a one-time claim code and a ready agent.yaml\n"
         "  device list                                     id, type, presence and name of each device\n"
         "  device revoke ID                                voids the device's key and closes its links\n"
         "  --version, --help\n"
         "\n"
         "The device commands take --data DIR (default: ./data) or --config FILE, whose server.data they use.\n";
}

namespace {

int wrongUsage(const std::string& sentence) {
  std::cerr << "robohub: " << sentence << "; see robohub --help\n";
  return 2;
}

int checkConfig(const std::vector<std::string>& arguments) {
  if (arguments.size() != 1) return wrongUsage("check-config takes one file");
  Settings settings;
  const config::Errors errors = readSettingsFile(arguments[0], settings);
  if (!errors.empty()) {
    std::cerr << config::format(errors);
    return 1;
  }
  std::cout << arguments[0] << ": good\n";
  return 0;
}

}  // namespace

int runCommand(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    std::cerr << usage();
    return 2;
  }
  const std::string& command = arguments[0];
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (command == "--help" || command == "-h" || command == "help") {
    std::cout << usage();
    return 0;
  }
  if (command == "--version") {
    std::cout << "robohub " << kVersion << "\n";
    return 0;
  }
  if (command == "check-config") return checkConfig(rest);
  if (command == "device") return runDeviceCommand(rest);
  return wrongUsage("there is no command \"" + command + "\"");
}

}  // namespace robohub::hub
