// The hub's log: one line for each thing that happened, with its time, on standard error or in a file, as text or as
// one JSON object a line. Control characters of what came from outside are escaped, so that nobody writes lines of his
// own into it, and secrets are taken out (redact.hpp).
#pragma once
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "link/messages.hpp"

namespace robohub::hub {

struct LogSettings {
  std::string level = "info";   // error, warning, info or debug
  std::string format = "text";  // or json
  std::filesystem::path file;   // empty: standard error
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

// From now on; may be called again at any time. Errors: permission_denied when the file cannot be opened, and then
// nothing has changed. Blocks on the disk. [any-thread]
Status configureLog(const LogSettings& settings);
// Whether the file of these settings could be opened for writing.
Status checkLog(const LogSettings& settings);
// Opens the file anew, since it was renamed by whoever rotates logs; as before when that fails. [any-thread]
Status reopenLog();

using LogFields = std::initializer_list<std::pair<std::string_view, std::string_view>>;
// Before configureLog() nothing is written. Never waits for a reader: lines that are not taken at once are lost, and
// counted in a line of their own when the next one is taken. [any-thread]
void log(link::EventLevel level, std::string_view text, LogFields fields = {});

// One line, without its end. `milliseconds` since 1970. Pure.
std::string logLine(bool as_json, std::int64_t milliseconds, std::string_view level, std::string_view text,
                    LogFields fields = {});
// With every control character as \xNN. Pure.
std::string escapedForLog(std::string_view text);

}  // namespace robohub::hub
