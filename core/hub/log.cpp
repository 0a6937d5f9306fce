#include "hub/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/json.hpp"
#include "base/lossy_lines.hpp"
#include "base/mutex.hpp"
#include "hub/redact.hpp"
#include "net/fd.hpp"
#include "net/utf8.hpp"

namespace robohub::hub {

namespace {

// 0 = nothing is written; else levels up to this.
int rankOf(std::string_view level) {
  return level == "error" ? 1 : level == "warning" ? 2 : level == "info" ? 3 : 4;
}

// Where lines go. A line is one write(2), a very long one some, under one lock: lines of several threads do not mix,
// and a killed hub loses none.
struct Sink {
  std::atomic<int> rank{0};
  std::atomic<bool> as_json{false};
  Mutex mutex;
  LogSettings settings RH_GUARDED_BY(mutex);
  net::UniqueFd file RH_GUARDED_BY(mutex);
  LossyLines lines RH_GUARDED_BY(mutex);
};

Sink& sink() {
  static Sink one;
  return one;
}

Result<net::UniqueFd> openFile(const std::filesystem::path& file) {
  if (file.empty()) return net::UniqueFd();
  net::UniqueFd opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640));
  if (opened.get() < 0)
    return fail(ErrorCode::permission_denied, std::string("The log cannot be opened: ") + std::strerror(errno) + ".",
                file.string());
  return opened;
}

std::string timeText(std::int64_t milliseconds, bool as_json) {
  const std::time_t seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[48];
  const std::size_t length =
      std::strftime(text, sizeof text, as_json ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &parts);
  std::snprintf(text + length, sizeof text - length, as_json ? ".%03dZ" : ".%03d",
                static_cast<int>(milliseconds % 1000));
  return text;
}

// What any reader of the log can show: UTF-8 without controls and without secrets.
std::string cleaned(std::string_view text) {
  std::string clean = escapedForLog(redacted(text));
  if (net::isUtf8(clean)) return clean;
  std::string ascii;
  for (const char c : clean) {
    char code[5] = {c, '\0'};
    if (static_cast<unsigned char>(c) >= 0x80)
      std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(c));
    ascii += code;
  }
  return ascii;
}

const char* nameOf(link::EventLevel level) {
  switch (level) {
    case link::EventLevel::info: return "info";
    case link::EventLevel::warning: return "warning";
    case link::EventLevel::error: return "error";
  }
  return "info";
}

}  // namespace

Status checkLog(const LogSettings& settings) {
  auto file = openFile(settings.file);
  if (!file) return fail(file.error());
  return {};
}

Status configureLog(const LogSettings& settings) {
  auto file = openFile(settings.file);
  if (!file) return fail(file.error());
  Sink& to = sink();
  Lock lock(to.mutex);
  to.settings = settings;
  to.file = std::move(*file);
  to.rank = rankOf(settings.level);
  to.as_json = settings.format == "json";
  return {};
}

Status reopenLog() {
  Sink& to = sink();
  Lock lock(to.mutex);
  auto file = openFile(to.settings.file);
  if (!file) return fail(file.error());
  to.file = std::move(*file);
  return {};
}

std::string escapedForLog(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto before = i > 0 ? static_cast<unsigned char>(text[i - 1]) : 0;
    const auto behind = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    // U+0080 to U+009F, which are controls as well: C2 80 to C2 9F.
    const bool beyond_ascii =
        (byte == 0xc2 && behind >= 0x80 && behind < 0xa0) || (before == 0xc2 && byte >= 0x80 && byte < 0xa0);
    if (byte >= 0x20 && byte != 0x7f && !beyond_ascii) {
      escaped += text[i];
      continue;
    }
    char code[5];
    std::snprintf(code, sizeof code, "\\x%02x", byte);
    escaped += code;
  }
  return escaped;
}

std::string logLine(bool as_json, std::int64_t milliseconds, std::string_view level, std::string_view text,
                    LogFields fields) {
  const std::string clean = cleaned(text);
  std::string line;
  if (as_json) {
    line = "{\"ts\":\"" + timeText(milliseconds, true) + "\",\"level\":\"" + std::string(level) +
           "\",\"msg\":" + json::quote(clean);
    for (const auto& [name, value] : fields)
      line.append(",").append(json::quote(name)).append(":").append(json::quote(cleaned(value)));
    return line + "}";
  }
  line = timeText(milliseconds, false) + " " + std::string(level) + ": " + clean;
  for (const auto& [name, value] : fields) line.append(" ").append(name).append("=").append(cleaned(value));
  return line;
}

void log(link::EventLevel level, std::string_view text, LogFields fields) {
  Sink& to = sink();
  const char* name = nameOf(level);
  if (to.rank.load(std::memory_order_relaxed) < rankOf(name)) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const bool as_json = to.as_json.load(std::memory_order_relaxed);
  const std::string line = logLine(as_json, milliseconds, name, text, fields) + "\n";
  Lock lock(to.mutex);
  const int file = to.file.get() >= 0 ? to.file.get() : STDERR_FILENO;
  // A log that cannot be written must not stop the hub; a full disk is told on the health page.
  to.lines.write(file, line, [&](std::uint64_t lost) {
    const std::string told = "log lines that nobody took are lost: " + std::to_string(lost);
    return logLine(as_json, milliseconds, "warning", told) + "\n";
  });
}

}  // namespace robohub::hub
