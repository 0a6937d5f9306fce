#include "agent/log.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/ConsoleChannel.h>
#include <Poco/FormattingChannel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>
#include <Poco/PatternFormatter.h>

#include "agent/clean_text.hpp"

namespace robohub::agent::log {
namespace {

constexpr std::size_t kLongestLine = 4096;

Poco::Logger& logger() {
  static Poco::Logger& ours = Poco::Logger::get("robohub-agent");
  return ours;
}

int priority(LogLevel level) {
  switch (level) {
    case LogLevel::error: return Poco::Message::PRIO_ERROR;
    case LogLevel::warning: return Poco::Message::PRIO_WARNING;
    case LogLevel::information: return Poco::Message::PRIO_INFORMATION;
    case LogLevel::debug: return Poco::Message::PRIO_DEBUG;
  }
  return Poco::Message::PRIO_INFORMATION;
}

}  // namespace

void setUp(LogLevel level) {
  Poco::AutoPtr<Poco::ConsoleChannel> console(new Poco::ConsoleChannel);
  Poco::AutoPtr<Poco::PatternFormatter> pattern(new Poco::PatternFormatter("%Y-%m-%dT%H:%M:%S.%iZ %p %t"));
  Poco::AutoPtr<Poco::FormattingChannel> formatted(new Poco::FormattingChannel(pattern, console));
  logger().setChannel(formatted);
  logger().setLevel(priority(level));
}

void debug(const std::string& line) {
  logger().debug(cleanText(line, kLongestLine));
}
void info(const std::string& line) {
  logger().information(cleanText(line, kLongestLine));
}
void warning(const std::string& line) {
  logger().warning(cleanText(line, kLongestLine));
}
void error(const std::string& line) {
  logger().error(cleanText(line, kLongestLine));
}

}  // namespace robohub::agent::log
