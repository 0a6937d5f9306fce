#include "agent/log.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>
#include <Poco/PatternFormatter.h>
#include <unistd.h>

#include "agent/clean_text.hpp"
#include "base/lossy_lines.hpp"
#include "base/mutex.hpp"

namespace robohub::agent::log {
namespace {

constexpr std::size_t kLongestLine = 4096;

Poco::Logger& logger() {
  static Poco::Logger& ours = Poco::Logger::get("robohub-agent");
  return ours;
}

// Poco's own channel would wait for a terminal that is held, and the loop with it, to which a stop may have come.
class StandardError final : public Poco::Channel {
 public:
  void log(const Poco::Message& message) override {
    Lock lock(mutex_);
    lines_.write(STDERR_FILENO, text(message), [&](std::uint64_t lost) RH_REQUIRES(mutex_) {
      return text({message.getSource(), "Log lines that nobody took are lost: " + std::to_string(lost),
                   Poco::Message::PRIO_WARNING});
    });
  }

 private:
  std::string text(const Poco::Message& message) RH_REQUIRES(mutex_) {
    std::string line;
    format_->format(message, line);
    return line + "\n";
  }

  Mutex mutex_;
  LossyLines lines_ RH_GUARDED_BY(mutex_);
  Poco::AutoPtr<Poco::PatternFormatter> format_{new Poco::PatternFormatter("%Y-%m-%dT%H:%M:%S.%iZ %p %t")};
};

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
  logger().setChannel(Poco::Channel::Ptr(new StandardError));
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
