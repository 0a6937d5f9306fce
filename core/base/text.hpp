// Texts of people and devices, in UTF-8.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string_view>

namespace robohub {

// The beginning of `text`: at most `longest` bytes, without half a character at its end. Pure.
inline std::string_view beginningOf(std::string_view text, std::size_t longest) {
  std::size_t end = std::min(text.size(), longest);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace robohub
