// The administrator's commands. They speak to the running hub through its socket in the data folder; where no hub runs,
// they open the database themselves.
#pragma once
#include <string>
#include <vector>

namespace robohub::hub {

// `arguments` without the program's name. Prints on standard output, errors on standard error; returns the exit code:
// 0 done, 1 refused, 2 wrong usage. Blocks.
int runCommand(const std::vector<std::string>& arguments);

// What `robohub --help` prints.
const char* usage();

}  // namespace robohub::hub
