#include "gateway/mqtt/topic.hpp"

#include "net/utf8.hpp"

namespace robohub::gateway {

namespace {

constexpr std::size_t kLongestTopic = 1024;

bool isPlain(std::string_view text) {
  if (text.empty() || text.size() > kLongestTopic || text.front() == '$' || !net::isUtf8(text)) return false;
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

// Takes the first level off `rest`; `more` says whether another follows.
std::string_view takeLevel(std::string_view& rest, bool& more) {
  const auto slash = rest.find('/');
  const std::string_view level = rest.substr(0, slash);
  more = slash != std::string_view::npos;
  rest = more ? rest.substr(slash + 1) : std::string_view();
  return level;
}

}  // namespace

bool isMqttTopic(std::string_view topic) {
  return isPlain(topic) && topic.find_first_of("+#") == std::string_view::npos;
}

bool isMqttFilter(std::string_view filter) {
  if (!isPlain(filter)) return false;
  bool more = true;
  while (more) {
    const std::string_view level = takeLevel(filter, more);
    if (level.find_first_of("+#") == std::string_view::npos || level == "+") continue;
    if (level != "#" || more) return false;
  }
  return true;
}

bool matchesMqttFilter(std::string_view filter, std::string_view topic) {
  if (!topic.empty() && topic.front() == '$') return false;
  bool more_filter = true, more_topic = true;
  while (more_filter) {
    const std::string_view wanted = takeLevel(filter, more_filter);
    // "a/#" takes "a" too.
    if (wanted == "#") return true;
    if (!more_topic) return false;
    const std::string_view level = takeLevel(topic, more_topic);
    if (wanted != "+" && wanted != level) return false;
  }
  return !more_topic;
}

}  // namespace robohub::gateway
