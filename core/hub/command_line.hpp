// A command is declared once, in a table: its words, options, sentences and function. From the table come the reading
// of what was typed, `--help`, `robohub --help`, the completion of the shell and the manual page, so that none of them
// can lag behind the others.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "hub/settings.hpp"

namespace robohub::hub {

// Exit codes of every command.
enum ExitCode : int { kDone = 0, kRefused = 1, kWrongUsage = 2, kNoHub = 3 };

struct CommandOption {
  std::string name;      // without dashes
  std::string argument;  // "TYPE"; "" for one without a value
  std::string help;      // a sentence without full stop
};

class CommandLine;

struct Command {
  std::string words;  // "device enrol"
  std::string arguments =
      {};               // "ID --type TYPE [--name NAME]", as usage shows it; without options that every command takes
  std::string summary;  // a sentence without full stop, from lower case: "prints a one-time claim code"
  std::vector<CommandOption> options = {};
  std::size_t min_arguments = 0, max_arguments = 0;  // behind the words, options not counted
  int (*run)(CommandLine&) = nullptr;                // returns the exit code; null: main() runs it (serve)
  std::string details = {};                          // further sentences for --help and the manual; may be empty
  bool common_options = true;
  bool reads_config = true;  // false: --config says nothing to it
};

// Options of every command (but serve): --data, --config, --json, --help.
const std::vector<CommandOption>& commonOptions();

// What was typed for one command. Values are as typed.
class CommandLine {
 public:
  // Reads everything behind the command's words. 0: good; else an exit code, and the reason is printed. A `--help` ends
  // the reading: helpWanted().
  static int read(const Command& command, const std::vector<std::string>& typed, CommandLine& line);

  const std::vector<std::string>& arguments() const { return arguments_; }
  bool has(const std::string& option) const { return values_.count(option) != 0; }
  // The value, or `otherwise`.
  std::string value(const std::string& option, const std::string& otherwise = "") const;
  bool json() const { return has("json"); }
  bool helpWanted() const { return help_; }
  // Of --config, with --data over it; the defaults without either. Where the file has faults only `data` is good.
  const Settings& settings() const { return settings_; }
  // Asked before anything is done without a hub. Errors: invalid_argument where the file has faults (which were told).
  Status settingsGood() const;

 private:
  // Prints the faults of the file. An exit code where not even the data folder is known.
  int readConfig();

  std::vector<std::string> arguments_;
  std::map<std::string, std::string> values_;
  bool help_ = false;
  bool settings_faulty_ = false;
  Settings settings_;
};

// Prints `robohub: SENTENCE; see robohub --help` and returns kWrongUsage.
int wrongUsage(const std::string& sentence);
// Prints the error (with its place) and returns kRefused.
int refused(const Error& error);

}  // namespace robohub::hub
