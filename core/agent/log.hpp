// The agent's log: one line for each thing that a person should know, with its time, to standard error. Never waits:
// lines that are not taken at once are lost, and counted in a line of their own when one is taken again. [any-thread]
#pragma once
#include <string>

#include "agent/settings.hpp"

namespace robohub::agent::log {

void setUp(LogLevel level);
void debug(const std::string& line);
void info(const std::string& line);
void warning(const std::string& line);
void error(const std::string& line);

}  // namespace robohub::agent::log
