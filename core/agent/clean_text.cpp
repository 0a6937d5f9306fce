#include "agent/clean_text.hpp"

#include "net/utf8.hpp"

namespace robohub::agent {
namespace {

// Length of the well-formed character at the front; 0 when there is none.
std::size_t characterLength(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (net::isUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

std::string cleanText(std::string_view text, std::size_t max_bytes) {
  std::string clean;
  clean.reserve(std::min(text.size(), max_bytes));
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = byte < 0x80 ? 1 : characterLength(text);
    if (clean.size() + std::max<std::size_t>(length, 1) > max_bytes) break;
    // C1 controls (U+0080 to U+009F) drive terminals just as those below a space do.
    const bool c1 = length == 2 && byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    if (length == 0)
      clean += '?';
    else if (byte < 0x20 || byte == 0x7f || c1)
      clean += ' ';
    else
      clean += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clean;
}

}  // namespace robohub::agent
