#include "hub/command_texts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "hub/hub.hpp"

namespace robohub::hub {

namespace {

std::string firstWord(const std::string& words) {
  return words.substr(0, words.find(' '));
}

std::string optionWords(const Command& command) {
  std::string words;
  for (const CommandOption& option : command.options) words += "--" + option.name + " ";
  if (command.common_options)
    for (const CommandOption& option : commonOptions()) words += "--" + option.name + " ";
  words.pop_back();
  return words;
}

// Names of options whose value is of this kind, as a pattern of `case`.
std::string optionsOfKind(const std::vector<Command>& commands, const std::string& kind) {
  std::set<std::string> names;
  auto take = [&](const std::vector<CommandOption>& options) {
    for (const CommandOption& option : options)
      if (option.argument == kind) names.insert("--" + option.name);
  };
  for (const Command& command : commands) take(command.options);
  take(commonOptions());
  std::string pattern;
  for (const std::string& name : names) pattern += (pattern.empty() ? "" : " | ") + name;
  return pattern;
}

std::string otherOptions(const std::vector<Command>& commands) {
  std::set<std::string> names;
  for (const Command& command : commands)
    for (const CommandOption& option : command.options)
      if (!option.argument.empty() && option.argument != "FILE" && option.argument != "DIR")
        names.insert("--" + option.name);
  std::string pattern;
  for (const std::string& name : names) pattern += (pattern.empty() ? "" : " | ") + name;
  return pattern;
}

// Text for roff: no line may begin with a control character, and a hyphen that is typed must stay one.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else
      out += c;
  }
  if (!out.empty() && out[0] == '.') out.insert(0, "\\&");
  return out;
}

void addOptions(std::string& page, const std::vector<CommandOption>& options) {
  for (const CommandOption& option : options)
    page += ".TP\n.B " + roff("--" + option.name) +
            (option.argument.empty() ? "" : " \\fI" + roff(option.argument) + "\\fR") + "\n" + roff(option.help) +
            ".\n";
}

}  // namespace

std::string bashCompletion(const std::vector<Command>& commands) {
  std::map<std::string, std::string> groups;  // second words by first word
  std::string first, by_command;
  for (const Command& command : commands) {
    const std::string word = firstWord(command.words);
    if (!groups.count(word)) first += word + " ";
    std::string& second = groups[word];
    if (word != command.words) second += (second.empty() ? "" : " ") + command.words.substr(word.size() + 1);
    by_command += "    '" + command.words + "') options='" + optionWords(command) + "' ;;\n";
  }
  std::string by_group;
  for (const auto& [word, second] : groups)
    if (!second.empty()) by_group += "    " + word + ") subcommands='" + second + "' ;;\n";
  return "# Completion of robohub's commands for bash. Made by `robohub --completion bash`; not to be edited.\n"
         "# shellcheck shell=bash\n"
         "_robohub() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  local first=${COMP_WORDS[1]-} second=${COMP_WORDS[2]-} subcommands='' options=''\n"
         "  COMPREPLY=()\n"
         "  case $before in\n"
         "    " +
         optionsOfKind(commands, "FILE") +
         ")\n      mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n      return\n      ;;\n"
         "    " +
         optionsOfKind(commands, "DIR") +
         ")\n      mapfile -t COMPREPLY < <(compgen -d -- \"$word\")\n      return\n      ;;\n"
         "    " +
         otherOptions(commands) +
         ") return ;;\n"
         "  esac\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    mapfile -t COMPREPLY < <(compgen -W '" +
         first +
         "--help --version' -- \"$word\")\n"
         "    return\n"
         "  fi\n"
         "  case $first in\n" +
         by_group +
         "  esac\n"
         "  if [[ -n $subcommands ]] && ((COMP_CWORD == 2)); then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$subcommands --help\" -- \"$word\")\n"
         "    return\n"
         "  fi\n"
         "  [[ -n $subcommands ]] || second=''\n"
         "  case \"$first${second:+ $second}\" in\n" +
         by_command +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
         "  else\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _robohub robohub\n";
}

std::string manualPage(const std::vector<Command>& commands) {
  std::string page =
      std::string(".TH ROBOHUB 1 \"\" \"robohub ") + kVersion +
      "\" \"User Commands\"\n"
      ".SH NAME\n"
      "robohub \\- hub through which people watch and drive robots, one at a time\n"
      ".SH SYNOPSIS\n"
      ".B robohub\n"
      ".I COMMAND\n"
      ".RI [ OPTIONS ]\n"
      ".SH DESCRIPTION\n"
      "Devices connect to a hub, and people watch and drive them in turn through its page.\n"
      ".B robohub serve\n"
      "runs the hub. The other commands are an administrator\\(aqs: they speak to the running hub through\n"
      ".I admin.sock\n"
      "in its data folder, as the hub\\(aqs user or root. Some work on the folder itself while no hub runs.\n"
      ".SH COMMANDS\n";
  for (const Command& command : commands) {
    page +=
        ".SS " + roff("robohub " + command.words + (command.arguments.empty() ? "" : " " + command.arguments)) + "\n";
    std::string summary = command.summary;
    summary[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(summary[0])));
    page += roff(summary) + ".\n";
    if (!command.details.empty()) page += roff(command.details) + "\n";
    addOptions(page, command.options);
  }
  page += ".SH OPTIONS OF EVERY COMMAND\n";
  addOptions(page, commonOptions());
  return page +
         ".SH EXIT STATUS\n"
         ".TP\n.B 0\nDone.\n"
         ".TP\n.B 1\nRefused; the reason is on standard error.\n"
         ".TP\n.B 2\nWrong usage.\n"
         ".TP\n.B 3\nNo hub runs, and the command needs one.\n"
         ".SH FILES\n"
         ".TP\n.I /etc/robohub/robohub.yaml\nThe settings, where the Debian package puts them.\n"
         ".TP\n.I /var/lib/robohub\nThe data folder of the package\\(aqs hub.\n"
         ".SH SEE ALSO\n"
         ".BR robohub\\-agent (1)\n";
}

}  // namespace robohub::hub
