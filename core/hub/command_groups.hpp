// The tables of commands, a file for each first word. commands.cpp puts them together.
#pragma once
#include <vector>

#include "hub/command_line.hpp"

namespace robohub::hub {

std::vector<Command> deviceCommands();

}  // namespace robohub::hub
