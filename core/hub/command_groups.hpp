// The tables of commands, a file for each first word. commands.cpp puts them together.
#pragma once
#include <vector>

#include "hub/command_line.hpp"

namespace robohub::hub {

std::vector<Command> userCommands();
std::vector<Command> sessionCommands();
std::vector<Command> tokenCommands();
std::vector<Command> deviceCommands();  // enrolment and what is kept about a device
std::vector<Command> driveCommands();   // device stop, command, turn; stop
std::vector<Command> banCommands();
std::vector<Command> pluginCommands();
std::vector<Command> configCommands();
std::vector<Command> upkeepCommands();  // health, setup-code
std::vector<Command> backupCommands();
std::vector<Command> auditCommands();
std::vector<Command> telemetryCommands();  // device telemetry
std::vector<Command> certificateCommands();

}  // namespace robohub::hub
