// Drivers and hubs are strangers: their sentences go into our log and over the link, where a line end forges a line and
// a broken byte breaks the message. [any-thread]
#pragma once
#include <string>
#include <string_view>

namespace robohub::agent {

// One line of valid UTF-8 of at most `max_bytes`: control characters become spaces, broken bytes '?', the rest is cut
// at a character's end.
std::string cleanText(std::string_view text, std::size_t max_bytes = 1024);

// Without the full stop at its end, to be built into a longer sentence.
inline std::string withoutStop(std::string text) {
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

}  // namespace robohub::agent
