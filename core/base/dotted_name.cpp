#include "base/dotted_name.hpp"

namespace robohub {

bool isDottedName(std::string_view text) {
  const auto lowerOrDigit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > 64 || !lowerOrDigit(text.front()) || text.back() == '.') return false;
  char before = 0;
  for (const char c : text) {
    if (!lowerOrDigit(c) && c != '_' && c != '-' && c != '.') return false;
    if (c == '.' && before == '.') return false;
    before = c;
  }
  return true;
}

}  // namespace robohub
