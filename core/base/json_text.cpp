#include "base/json_text.hpp"

namespace robohub::json {

// What needs no escape is appended at once: nearly all text is one such run.
void appendQuoted(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto u = static_cast<unsigned char>(text[i]);
    if (u >= 0x20 && u != '"' && u != '\\' && u != 0x7f) continue;
    out.append(text, run, i - run);
    run = i + 1;
    switch (u) {
      case '"':
      case '\\': (out += '\\') += text[i]; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: ((out += "\\u00") += hex[u >> 4]) += hex[u & 15];
    }
  }
  out.append(text, run, text.size() - run);
  out += '"';
}

}  // namespace robohub::json
