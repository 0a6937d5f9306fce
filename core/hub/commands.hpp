// The administrator's commands. They speak to the running hub through its socket in the data folder; where no hub runs,
// they open the database themselves if that makes sense.
#pragma once
#include <string>
#include <vector>

#include "hub/command_line.hpp"

namespace robohub::hub {

// All of them, in the order in which usage shows them.
const std::vector<Command>& commands();

// `arguments` without the program's name. Prints on standard output, errors on standard error; returns the exit code:
// 0 done, 1 refused, 2 wrong usage, 3 no hub runs where one is needed. Blocks.
int runCommand(const std::vector<std::string>& arguments);

// What `robohub --help` prints; of one first word only, unless that is empty.
std::string usage(const std::string& group = {});
// What `robohub COMMAND --help` prints.
std::string usageOf(const Command& command);

}  // namespace robohub::hub
