#include "base/ids.hpp"

namespace robohub {

bool isPlainName(std::string_view text) {
  auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > 64 || !alnum(text[0])) return false;
  for (char c : text)
    if (!alnum(c) && c != '_' && c != '-') return false;
  return true;
}

Error notPlain(const char* what) {
  return {ErrorCode::invalid_argument,
          std::string(what) + " must be 1 to 64 characters of a-z, 0-9, _ and -, beginning with a letter or digit.",
          {}};
}

}  // namespace robohub
