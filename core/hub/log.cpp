#include "hub/log.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/ConsoleChannel.h>
#include <Poco/FileChannel.h>
#include <Poco/FormattingChannel.h>
#include <Poco/Logger.h>
#include <Poco/PatternFormatter.h>

#include <cstdio>
#include <iostream>

namespace robohub::hub {

void startLog(const std::string& level, const std::filesystem::path& file) {
  Poco::AutoPtr<Poco::Channel> channel;
  if (file.empty())
    channel = new Poco::ConsoleChannel(std::cerr);
  else
    channel = new Poco::FileChannel(file.string());
  Poco::AutoPtr<Poco::PatternFormatter> formatter(new Poco::PatternFormatter("%Y-%m-%d %H:%M:%S.%i %p: %t"));
  Poco::AutoPtr<Poco::FormattingChannel> formatting(new Poco::FormattingChannel(formatter, channel));
  formatting->open();
  Poco::Logger& root = Poco::Logger::root();
  root.setChannel(formatting);
  root.setLevel(level == "info" ? "information" : level);
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

void log(link::EventLevel level, std::string_view text) {
  Poco::Logger& root = Poco::Logger::root();
  switch (level) {
    case link::EventLevel::info: root.information(escapedForLog(text)); break;
    case link::EventLevel::warning: root.warning(escapedForLog(text)); break;
    case link::EventLevel::error: root.error(escapedForLog(text)); break;
  }
}

}  // namespace robohub::hub
