#include "hub/admin_client.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iostream>

#include "config/scalar.hpp"
#include "hub/log.hpp"
#include "net/http_client.hpp"

namespace robohub::hub {

namespace {

ErrorCode codeOf(int status) {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422: return ErrorCode::invalid_argument;
    case 401: return ErrorCode::unauthenticated;
    case 403: return ErrorCode::permission_denied;
    case 404: return ErrorCode::not_found;
    case 429:
    case 507: return ErrorCode::exhausted;
    default: return ErrorCode::conflict;
  }
}

// Characters, not bytes, so that columns stay straight with names beyond ASCII.
std::size_t widthOf(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string scalarText(const json::Var& value) {
  if (value.isEmpty()) return "";
  if (value.isBoolean()) return value.convert<bool>() ? "yes" : "no";
  if (value.isString() || value.isNumeric()) return value.convert<std::string>();
  return json::write(value);
}

// Also while a restore waits for its end, which opening the folder brings. What cannot be looked at is not missing.
bool holdsNoHub(const std::filesystem::path& folder) {
  std::error_code failed;
  if (std::filesystem::exists(folder / "hub.db", failed) || failed) return false;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (at->path().filename().string().starts_with("restore.")) return false;
  return true;
}

}  // namespace

Result<std::string> askHub(const CommandLine& line, const std::string& method, const std::string& target,
                           const std::string& body, Duration timeout, std::size_t max_answer_bytes) {
  net::ClientRequest request;
  request.endpoint = net::Endpoint::local((line.settings().data / "admin.sock").string());
  request.method = method;
  request.target = target;
  request.body = body;
  request.timeout = timeout;
  request.max_body_bytes = max_answer_bytes;
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  auto response = net::httpRequestBlocking(std::move(request));
  if (!response && response.error().code == ErrorCode::permission_denied)
    return fail(ErrorCode::permission_denied,
                response.error().message +
                    " Only root and the hub's user may speak to it like this: type the command as one of them.");
  if (!response) return fail(response.error());
  if (response->status >= 200 && response->status < 300) return std::move(response->body);
  const auto problem = json::parseObject(response->body);
  const auto detail = problem ? json::getString(**problem, "detail") : fail(problem.error());
  const auto pointer = problem ? json::getString(**problem, "pointer") : fail(problem.error());
  return fail(codeOf(response->status),
              detail ? *detail : "The hub answered with status " + std::to_string(response->status) + ".",
              pointer.value_or(""));
}

Result<json::Object::Ptr> askHubObject(const CommandLine& line, const std::string& method, const std::string& target,
                                       const std::string& body, Duration timeout) {
  auto answer = askHub(line, method, target, body, timeout);
  if (!answer) return fail(answer.error());
  if (answer->empty()) return json::Object::Ptr(new json::Object);
  return json::parseObject(*answer);
}

int askAndShow(const CommandLine& line, const std::string& method, const std::string& target, const std::string& body,
               const std::function<void(const json::Object&)>& show) {
  const auto answer = askHub(line, method, target, body);
  if (!answer) return failedToAsk(answer.error());
  if (line.json()) return printJson(*answer), kDone;
  const Result<json::Object::Ptr> object =
      answer->empty() ? Result<json::Object::Ptr>(new json::Object) : json::parseObject(*answer);
  if (!object) return refused(object.error());
  show(**object);
  return kDone;
}

int failedToAsk(const Error& error) {
  if (!noHubRuns(error)) return refused(error);
  std::cerr << "robohub: No hub runs with this data folder (name it with --data or --config): " << error.message
            << "\n";
  return kNoHub;
}

void becomeOwnerOf(const std::filesystem::path& folder) {
  struct stat about {};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &about) != 0 || about.st_uid == 0) return;
  // With all groups of that user: a certificate may be theirs.
  const passwd* user = ::getpwuid(about.st_uid);
  const int grouped = user ? ::initgroups(user->pw_name, about.st_gid) : ::setgroups(0, nullptr);
  if (grouped != 0 || ::setresgid(about.st_gid, about.st_gid, about.st_gid) != 0 ||
      ::setresuid(about.st_uid, about.st_uid, about.st_uid) != 0)
    std::cerr << "robohub: warning: what is made in " << folder.string() << " will belong to root\n";
}

Offline::~Offline() {
  if (database) database->close();
}

std::string wholePath(const std::filesystem::path& path) {
  return path.empty() ? std::string() : std::filesystem::absolute(path).lexically_normal().string();
}

Status mayBegin(const CommandLine& line, WithoutData where_none) {
  const bool named = line.has("data") || line.has("config");
  const bool may_begin = where_none == WithoutData::begin || (where_none == WithoutData::begin_where_named && named);
  if (may_begin || !holdsNoHub(line.settings().data)) return {};
  return fail(ErrorCode::not_found,
              "There is no hub's data in " + wholePath(line.settings().data) + "; name it with --config or --data.");
}

identity::Actor localActor() {
  return {"local", "local administrator", ""};
}

std::string writtenWithoutHub(const CommandLine& line) {
  return "(no hub was running; written to " + wholePath(line.settings().data) + ")";
}

Result<std::unique_ptr<Offline>> Offline::open(const CommandLine& line, WithoutData where_none) {
  if (const Status good = line.settingsGood(); !good) return fail(good.error());
  if (const Status may = mayBegin(line, where_none); !may) return fail(may.error());
  becomeOwnerOf(line.settings().data);
  auto offline = std::make_unique<Offline>();
  auto folder = store::DataFolder::open(line.settings().data, "a robohub command");
  if (!folder) return fail(folder.error());
  offline->folder = std::move(*folder);
  auto database = store::Database::open(*offline->folder);
  if (!database) return fail(database.error());
  offline->database = std::move(*database);
  return offline;
}

std::string pathPart(std::string_view text) {
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

void printTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> shown;
  for (const auto& row : rows) {
    auto& line = shown.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.push_back(escapedForLog(row[i]));
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], widthOf(line.back()));
    }
  }
  for (const auto& row : shown) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - widthOf(row[i]) + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    std::cout << text << "\n";
  }
}

void printJson(const std::string& body) {
  std::cout << (body.empty() ? "{}" : body) << (body.ends_with('\n') ? "" : "\n");
}

Result<std::int64_t> durationMs(const std::string& text) {
  std::string hint;
  const auto duration = config::detail::parseDuration(text, &hint);
  if (!duration || *duration < Duration::zero())
    return fail(ErrorCode::invalid_argument, "\"" + text + "\" is no duration, such as 90s, 10m or 2h.");
  return toMs(*duration);
}

Result<std::int64_t> timeMs(const std::string& text) {
  if (!text.empty() && text.size() <= 15 && text.find_first_not_of("0123456789") == std::string::npos)
    return std::stoll(text);
  for (const char* form : {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    std::tm broken{};
    const char* end = ::strptime(text.c_str(), form, &broken);
    if (!end || *end != '\0') continue;
    broken.tm_isdst = -1;
    return static_cast<std::int64_t>(std::mktime(&broken)) * 1000;
  }
  return fail(ErrorCode::invalid_argument, "\"" + text + "\" is no time such as 2026-11-21 or \"2026-11-21 12:05\".");
}

std::string timeText(std::int64_t at_ms) {
  if (at_ms == 0) return "never";
  const std::time_t at = static_cast<std::time_t>(at_ms / 1000);
  std::tm local{};
  ::localtime_r(&at, &local);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local)};
}

std::string textOf(const json::Object& object, const std::string& key) {
  const json::Var value = object.get(key);
  if (value.type() != typeid(json::Array::Ptr)) return scalarText(value);
  std::string joined;
  for (const json::Var& one : *value.extract<json::Array::Ptr>())
    joined += (joined.empty() ? "" : ", ") + scalarText(one);
  return joined;
}

std::int64_t numberOf(const json::Object& object, const std::string& key) {
  return json::getInt(object, key).value_or(0);
}

std::vector<json::Object::Ptr> objectsOf(const json::Object& object, const std::string& key) {
  std::vector<json::Object::Ptr> objects;
  const auto array = object.getArray(key);
  for (std::size_t i = 0; array && i < array->size(); ++i)
    if (auto one = array->getObject(static_cast<unsigned>(i))) objects.push_back(one);
  return objects;
}

}  // namespace robohub::hub
