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
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      escaped += c;
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
