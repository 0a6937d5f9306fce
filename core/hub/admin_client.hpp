// How the commands reach the hub: through the administrator's socket in its data folder, as the local administrator;
// and where no hub runs, by opening the folder and the database themselves. Command line only: everything here blocks.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "hub/command_line.hpp"
#include "identity/audit.hpp"
#include "store/data_folder.hpp"
#include "store/database.hpp"

namespace robohub::hub {

// The body of a 2xx answer. Errors: unavailable: no hub runs there (and only then); permission_denied: whoever typed
// this may not speak to it; else conflict, not_found, invalid_argument, permission_denied or exhausted by the status,
// with the hub's own sentence.
Result<std::string> askHub(const CommandLine& line, const std::string& method, const std::string& target,
                           const std::string& body = {}, Duration timeout = std::chrono::seconds(30),
                           std::size_t max_answer_bytes = 64 * 1024 * 1024);
// The same as a JSON object; an answer without a body is an empty object.
Result<json::Object::Ptr> askHubObject(const CommandLine& line, const std::string& method, const std::string& target,
                                       const std::string& body = {}, Duration timeout = std::chrono::seconds(30));
// True for the error of askHub() that lets a command open the database itself.
inline bool noHubRuns(const Error& error) {
  return error.code == ErrorCode::unavailable;
}
// Asks; then prints the answer as it is (--json) or lets `show` do it. The exit code. For commands that need a hub.
int askAndShow(const CommandLine& line, const std::string& method, const std::string& target, const std::string& body,
               const std::function<void(const json::Object&)>& show);
// For commands that need a hub: prints the error and returns kNoHub or kRefused.
int failedToAsk(const Error& error);

// What a command does where no hub has ever kept its data: a folder that was mistyped, or that nobody named, must not
// become a second, empty hub without a word.
enum class WithoutData {
  refuse,
  begin_where_named,  // begins one in the folder that --data or --config says, and only there
  begin
};

// Errors: not_found: the data folder holds no hub's data, and this command may not begin it there. Asked by
// Offline::open(), and by what opens the folder in another way.
Status mayBegin(const CommandLine& line, WithoutData where_none);

// From the root on, for people who do not know where a relative one begins; "" stays "".
std::string wholePath(const std::filesystem::path& path);

// Whose hand it is in the audit when a command writes without a hub.
identity::Actor localActor();

// What stands behind the result of a command that has changed something without a hub.
std::string writtenWithoutHub(const CommandLine& line);

// The data folder with its lock and the database in it, while no hub holds them.
struct Offline {
  SystemClock clock;
  std::unique_ptr<store::DataFolder> folder;
  std::unique_ptr<store::Database> database;

  ~Offline();
  // Errors: invalid_argument (the settings file has faults), not_found (no hub's data), those of DataFolder::open
  // (conflict: somebody holds it) and Database::open.
  static Result<std::unique_ptr<Offline>> open(const CommandLine& line, WithoutData where_none = WithoutData::refuse);
};

// Root goes on as the user whom the data folder belongs to, so that what a command makes there without a hub is the
// hub's. For good; nothing happens where the folder is missing or is the user's own.
void becomeOwnerOf(const std::filesystem::path& folder);

// One part of a path, percent-encoded (RFC 3986, section 2.1).
std::string pathPart(std::string_view text);

// Rows for people: columns as wide as they need to be, control characters escaped. The first row is the heading.
void printTable(const std::vector<std::vector<std::string>>& rows);
// The answer as it came, for programs (--json).
void printJson(const std::string& body);
// "90s", "10m", "2h" and so on in milliseconds. Errors: invalid_argument.
Result<std::int64_t> durationMs(const std::string& text);
// "2026-11-21", "2026-11-21 12:05" in local time, or milliseconds since 1970. Errors: invalid_argument.
Result<std::int64_t> timeMs(const std::string& text);
// "2026-11-21 12:05" in local time; "never" for 0.
std::string timeText(std::int64_t at_ms);
// A member as text for a table: "" when it is absent or null; "yes"/"no"; lists joined by ", ".
std::string textOf(const json::Object& object, const std::string& key);
// A member as a number; 0 when it is absent.
std::int64_t numberOf(const json::Object& object, const std::string& key);
// Objects of an array member; empty when it is absent.
std::vector<json::Object::Ptr> objectsOf(const json::Object& object, const std::string& key);

// A password: from --password-file FILE ("-" is standard input; its first line), else typed twice at the terminal
// without being shown. Never from the command line, which everybody on the machine can read. Errors: invalid_argument.
Result<std::string> readPassword(const CommandLine& line, const std::string& question);

}  // namespace robohub::hub
