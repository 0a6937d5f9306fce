#include "hub/command_line.hpp"

#include <iostream>

namespace robohub::hub {

namespace {

const CommandOption* findOption(const std::vector<CommandOption>& options, const std::string& name) {
  for (const CommandOption& option : options)
    if (option.name == name) return &option;
  return nullptr;
}

}  // namespace

const std::vector<CommandOption>& commonOptions() {
  static const std::vector<CommandOption> options{
      {"config", "FILE", "the hub's settings file, whose server.data is used"},
      {"data", "DIR", "the hub's data folder, over that of --config (default: ./data)"},
      {"json", "", "prints the answer as JSON, for programs"},
      {"help", "", "shows the command's usage"}};
  return options;
}

int wrongUsage(const std::string& sentence) {
  std::cerr << "robohub: " << sentence << "; see robohub --help\n";
  return kWrongUsage;
}

int refused(const Error& error) {
  std::cerr << "robohub: " << error.message << (error.where.empty() ? "" : " (" + error.where + ")") << "\n";
  return kRefused;
}

int CommandLine::read(const Command& command, const std::vector<std::string>& typed, CommandLine& line) {
  bool only_arguments = false;
  for (std::size_t i = 0; i < typed.size(); ++i) {
    const std::string& word = typed[i];
    if (only_arguments || word == "-" || !word.starts_with("-")) {
      line.arguments_.push_back(word);
      continue;
    }
    if (word == "--") {
      only_arguments = true;
      continue;
    }
    if (word == "--help" || word == "-h") {
      line.help_ = true;
      return kDone;
    }
    const std::size_t equals = word.find('=');
    const std::string name =
        word.starts_with("--") ? word.substr(2, equals == std::string::npos ? equals : equals - 2) : std::string();
    const CommandOption* option = findOption(command.options, name);
    if (!option) option = findOption(commonOptions(), name);
    if (!option) return wrongUsage(command.words + " has no option " + word.substr(0, equals));
    if (line.values_.count(name)) return wrongUsage("--" + name + " was given twice");
    if (option->argument.empty()) {
      if (equals != std::string::npos) return wrongUsage("--" + name + " takes no value");
      line.values_[name] = "";
    } else if (equals != std::string::npos) {
      line.values_[name] = word.substr(equals + 1);
    } else if (++i < typed.size()) {
      line.values_[name] = typed[i];
    } else {
      return wrongUsage("--" + name + " needs a value");
    }
  }
  const std::size_t count = line.arguments_.size();
  if (count < command.min_arguments || count > command.max_arguments)
    return wrongUsage("usage: robohub " + command.words + (command.arguments.empty() ? "" : " " + command.arguments));
  if (line.has("config") && command.reads_config)
    if (const int code = line.readConfig(); code != kDone) return code;
  if (line.has("data")) line.settings_.data = line.values_["data"];
  return kDone;
}

// A command that asks the hub needs nothing of the file but the folder: a fault elsewhere in it, of an edit that is
// under way, say, must keep nobody from stopping devices.
int CommandLine::readConfig() {
  const config::Errors errors = readSettingsFile(values_["config"], settings_);
  if (errors.empty()) return kDone;
  std::cerr << config::format(errors);
  const bool known = settings_.data.is_absolute();  // what a file says is; the default is not
  if (!known && !has("data")) {
    std::cerr << "robohub: It is not known where the hub's data is: mend the settings file, or name the folder by "
                 "--data DIR.\n";
    return kRefused;
  }
  settings_faulty_ = true;
  std::cerr << "robohub: warning: The settings file has faults; going on with the data folder "
            << value("data", settings_.data.string()) << ".\n";
  return kDone;
}

Status CommandLine::settingsGood() const {
  if (!settings_faulty_) return {};
  return fail(ErrorCode::invalid_argument,
              "Without a running hub this needs a settings file without faults: mend them first.");
}

std::string CommandLine::value(const std::string& option, const std::string& otherwise) const {
  const auto at = values_.find(option);
  return at == values_.end() ? otherwise : at->second;
}

}  // namespace robohub::hub
