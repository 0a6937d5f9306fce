#include "hub/commands.hpp"

#include <iostream>

#include "hub/command_groups.hpp"
#include "hub/command_texts.hpp"
#include "hub/hub.hpp"

namespace robohub::hub {

namespace {

std::vector<Command> all() {
  std::vector<Command> table{
      {.words = "serve",
       .arguments = "[--config FILE] [--data DIR] [--port N]",
       .summary = "runs the hub until SIGTERM",
       .options = {{"config", "FILE", "the settings file (robohub.yaml)"},
                   {"data", "DIR", "where run-time state is kept, instead of server.data"},
                   {"port", "N", "the port to listen at, instead of that of server.listen; 0 takes a free one"},
                   {"help", "", "shows the command's usage"}},
       .common_options = false},
  };
  for (const auto& group :
       {configCommands, userCommands, sessionCommands, tokenCommands, deviceCommands, driveCommands, banCommands,
        pluginCommands, upkeepCommands, backupCommands, auditCommands, certificateCommands, telemetryCommands})
    for (Command& command : group()) table.push_back(std::move(command));
  return table;
}

std::string padded(std::string text, std::size_t width) {
  text.append(text.size() < width ? width - text.size() : 0, ' ');
  return text;
}

std::string optionLines(const std::vector<CommandOption>& options) {
  std::string text;
  for (const CommandOption& option : options)
    text += "  " + padded("--" + option.name + (option.argument.empty() ? "" : " " + option.argument), 24) +
            option.help + "\n";
  return text;
}

std::string firstWord(const std::string& words) {
  return words.substr(0, words.find(' '));
}

// The command with the most words that stand at the front of `typed`.
const Command* find(const std::vector<std::string>& typed, std::size_t* words) {
  for (*words = std::min<std::size_t>(typed.size(), 2); *words > 0; --*words) {
    const std::string joined = *words == 2 ? typed[0] + " " + typed[1] : typed[0];
    for (const Command& command : commands())
      if (command.words == joined) return &command;
  }
  return nullptr;
}

bool isGroup(const std::string& word) {
  for (const Command& command : commands())
    if (command.words.starts_with(word + " ")) return true;
  return false;
}

int runGroup(const std::vector<std::string>& typed) {
  if (typed.size() > 1 && (typed[1] == "--help" || typed[1] == "-h")) {
    std::cout << usage(typed[0]);
    return kDone;
  }
  if (typed.size() == 1) {
    std::cerr << usage(typed[0]);
    return kWrongUsage;
  }
  return wrongUsage(typed[0] + " has no command \"" + typed[1] + "\"");
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table = all();
  return table;
}

std::string usage(const std::string& group) {
  std::string text = "Usage: robohub " + (group.empty() ? "COMMAND" : group + " COMMAND") + " [OPTIONS]\n\n";
  for (const Command& command : commands()) {
    if (!group.empty() && firstWord(command.words) != group) continue;
    const std::string typed = command.words + (command.arguments.empty() ? "" : " " + command.arguments);
    // What is too long for its column stands on a line of its own.
    text +=
        "  " + (typed.size() <= 44 ? padded(typed, 46) : typed + "\n" + std::string(48, ' ')) + command.summary + "\n";
  }
  if (group.empty()) text += "  --version, --help, --man, --completion bash\n";
  text += "\nEvery command but serve also takes:\n" + optionLines(commonOptions());
  return text + "\nExit codes: 0 done, 1 refused, 2 wrong usage, 3 no hub runs where one is needed.\n";
}

std::string usageOf(const Command& command) {
  std::string text = "Usage: robohub " + command.words + (command.arguments.empty() ? "" : " " + command.arguments) +
                     "\n\nThis " + command.summary + ".\n";
  if (!command.details.empty()) text += "\n" + command.details + "\n";
  text += "\n" + optionLines(command.options);
  return text + (command.common_options ? optionLines(commonOptions()) : "");
}

int runCommand(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    std::cerr << usage();
    return kWrongUsage;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    std::cout << usage();
    return kDone;
  }
  if (arguments[0] == "--version") {
    std::cout << "robohub " << kVersion << "\n";
    return kDone;
  }
  if (arguments[0] == "--man" || (arguments[0] == "--completion" && arguments.size() == 2 && arguments[1] == "bash")) {
    std::cout << (arguments[0] == "--man" ? manualPage(commands()) : bashCompletion(commands()));
    return kDone;
  }
  std::size_t words = 0;
  const Command* command = find(arguments, &words);
  if (!command || !command->run) {
    if (isGroup(arguments[0])) return runGroup(arguments);
    return wrongUsage("there is no command \"" + arguments[0] + "\"");
  }
  CommandLine line;
  const std::vector<std::string> rest(arguments.begin() + static_cast<std::ptrdiff_t>(words), arguments.end());
  if (const int wrong = CommandLine::read(*command, rest, line)) return wrong;
  if (line.helpWanted()) {
    std::cout << usageOf(*command);
    return kDone;
  }
  return command->run(line);
}

}  // namespace robohub::hub
