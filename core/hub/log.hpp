// The hub's log: one line for each thing that happened, with its time, on standard error or in a file. Control
// characters of what came from outside are escaped, so that nobody writes lines of his own into it.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "link/messages.hpp"

namespace robohub::hub {

// Sets Poco's root logger up. `level` is error, warning, info or debug; an empty file means standard error. Throws
// Poco::Exception when the file cannot be opened. Once, at start.
void startLog(const std::string& level, const std::filesystem::path& file);
// [any-thread]
void log(link::EventLevel level, std::string_view text);
// With every control character as \xNN. Pure.
std::string escapedForLog(std::string_view text);

}  // namespace robohub::hub
