#include "base/json_bounded.hpp"

namespace robohub::json {
namespace {

// At least as many as the text holds: each stands first in a container, or behind a comma, or alone.
std::size_t mostValues(std::string_view text) {
  std::size_t count = 1;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == ',' || c == '[' || c == '{'))
      ++count;
  }
  return count;
}

}  // namespace

Result<Object::Ptr> parseObject(std::string_view text, std::size_t max_values) {
  if (mostValues(text) > max_values)
    return fail(ErrorCode::too_large, "The JSON may hold " + std::to_string(max_values) + " values at most.");
  return parseObject(text);
}

}  // namespace robohub::json
