// What is made from the table of commands besides usage: the completion for bash and the manual page. Packages install
// what `robohub --completion bash` and `robohub --man` print.
#pragma once
#include <string>
#include <vector>

#include "hub/command_line.hpp"

namespace robohub::hub {

// A script for bash (4 or newer), to be put into /usr/share/bash-completion/completions/robohub. Pure.
std::string bashCompletion(const std::vector<Command>& commands);
// robohub(1) as roff with the man macros (groff_man(7)). Pure.
std::string manualPage(const std::vector<Command>& commands);

}  // namespace robohub::hub
