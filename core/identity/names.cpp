#include "identity/names.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace robohub::identity {
namespace {

struct CodePoint {
  char32_t value;
  std::size_t begin, end;  // bytes
};

// Strict UTF-8 (RFC 3629): no overlong forms, surrogates or values above U+10FFFF.
std::optional<std::vector<CodePoint>> decode(std::string_view text) {
  std::vector<CodePoint> points;
  for (std::size_t at = 0; at < text.size();) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned char first = byte(at);
    std::size_t length = first < 0x80 ? 1 : (first >> 5) == 6 ? 2 : (first >> 4) == 14 ? 3 : (first >> 3) == 30 ? 4 : 0;
    if (length == 0 || at + length > text.size()) return std::nullopt;
    char32_t value = length == 1 ? first : first & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
      if ((byte(at + i) >> 6) != 2) return std::nullopt;
      value = (value << 6) | (byte(at + i) & 0x3f);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < kLeast[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return std::nullopt;
    points.push_back({value, at, at + length});
    at += length;
  }
  return points;
}

struct Range {
  char32_t first, last;
};

template <std::size_t N>
bool in(const Range (&ranges)[N], char32_t value) {
  for (const Range& range : ranges)
    if (value >= range.first && value <= range.last) return true;
  return false;
}

// White_Space of the Unicode character database.
constexpr Range kWhite[] = {{0x09, 0x0d},     {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
                            {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};

// Controls, bidi and joining controls, line separators, fillers that show nothing, variation selectors, tags,
// interlinear marks, noncharacters: whatever makes two names look alike or a line read otherwise than it is written.
constexpr Range kHidden[] = {
    {0x00, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},        {0x34f, 0x34f},     {0x61c, 0x61c},    {0x115f, 0x1160},
    {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f},    {0x2028, 0x202e},   {0x2060, 0x206f},  {0x2800, 0x2800},
    {0x3164, 0x3164},   {0xfdd0, 0xfdef}, {0xfe00, 0xfe0f},    {0xfeff, 0xfeff},   {0xffa0, 0xffa0},  {0xfff0, 0xfffb},
    {0xe0000, 0xe0fff}, {0xe000, 0xf8ff}, {0xf0000, 0x10ffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}};

bool isHidden(char32_t value) {
  return in(kHidden, value) || (value & 0xfffe) == 0xfffe;
}

bool isLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

Result<std::string> cleanName(std::string_view text, std::size_t max_characters, std::string_view what,
                              std::string_view where) {
  auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::invalid_argument, std::string(what) + why, std::string(where));
  };
  std::string length = " must have 1 to " + std::to_string(max_characters) + " characters.";
  if (text.size() > 4096) return refuse(length);
  auto points = decode(text);
  if (!points) return refuse(" must be valid UTF-8.");
  std::size_t first = 0, last = points->size();
  while (first < last && in(kWhite, (*points)[first].value)) ++first;
  while (last > first && in(kWhite, (*points)[last - 1].value)) --last;
  if (last == first || last - first > max_characters) return refuse(length);
  for (std::size_t i = first; i < last; ++i)
    if (isHidden((*points)[i].value)) return refuse(" may not have invisible or control characters.");
  std::size_t begin = (*points)[first].begin;
  return std::string(text.substr(begin, (*points)[last - 1].end - begin));
}

std::string shownName(std::string_view text, std::size_t max_characters) {
  const auto points = decode(text);
  if (!points) return {};
  std::string shown;
  std::size_t characters = 0;
  for (const CodePoint& each : *points) {
    if (isHidden(each.value)) continue;
    if (++characters > max_characters) break;
    shown += text.substr(each.begin, each.end - each.begin);
  }
  return cleanName(shown, max_characters).value_or(std::string());
}

bool mayBeUsername(std::string_view text) {
  return text.size() >= 2 && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
         });
}

Status checkUsername(std::string_view text, std::string_view where) {
  if (mayBeUsername(text) && isLetterOrDigit(text.front())) return {};
  return fail(ErrorCode::invalid_argument,
              "A username has 2 to 32 characters of a-z, 0-9, dot, underscore and dash, and begins with a letter or "
              "digit.",
              std::string(where));
}

Status checkPassword(std::string_view text, std::string_view where) {
  auto points = text.size() <= 1024 ? decode(text) : std::nullopt;
  if (points && points->size() >= 8 && points->size() <= 256) return {};
  return fail(ErrorCode::invalid_argument, "A password has 8 to 256 characters.", std::string(where));
}

}  // namespace robohub::identity
