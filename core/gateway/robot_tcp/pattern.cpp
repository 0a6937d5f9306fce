#include "gateway/robot_tcp/pattern.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace robohub::gateway {

namespace {

using Kind = RobotField::Kind;

constexpr std::ptrdiff_t kLongestNumber = 64;  // so that what is matched has a limit; a longer one is read as ever

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

bool isPlain(char c) {
  return c >= 0x20 && static_cast<signed char>(c) > 0 && c != '"' && c != '\\';
}

// Behind a number of RFC 8259 that begins at `at`; null when there is none. As rh::JsonReader takes it.
const char* readNumber(const char* at, const char* end, RobotField& field) {
  const char* const begin = at;
  const auto digits = [&] {
    const char* const first = at;
    while (at != end && isDigit(*at)) ++at;
    return at != first;
  };
  bool whole = true;
  if (at != end && *at == '-') ++at;
  if (at != end && *at == '0')
    ++at;
  else if (!digits())
    return nullptr;
  if (at != end && *at == '.') {
    whole = false;
    ++at;
    if (!digits()) return nullptr;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    whole = false;
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!digits()) return nullptr;
  }
  if (at - begin > kLongestNumber) return nullptr;
  field.whole = whole;
  field.integer = 0;
  if (whole) {
    if (std::from_chars(begin, at, field.integer).ec != std::errc()) return nullptr;
    field.number = static_cast<double>(field.integer);
  } else if (std::from_chars(begin, at, field.number).ec != std::errc() || !std::isfinite(field.number)) {
    return nullptr;
  }
  return at;
}

}  // namespace

bool RobotPattern::learn(std::string_view text, const RobotMessage& message) {
  // Without escapes nothing that was read was rewritten: all of it stands in the text.
  if (text.size() > kMostBytes || message.fields.size() > kMostFields || text.find('\\') != std::string_view::npos ||
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) <= 0; }))
    return false;
  ready_ = false;
  gaps_.clear();
  message_.fields.clear();
  const auto offset = [text](std::string_view part) { return static_cast<std::size_t>(part.data() - text.data()); };
  text_ = text;
  const auto here = [&](std::string_view part) {
    return part.empty() ? std::string_view() : std::string_view(text_).substr(offset(part), part.size());
  };
  message_.type = here(message.type);
  message_.has_data = message.has_data;
  std::size_t done = 0;
  for (const RobotField& field : message.fields) {
    RobotField& kept = message_.fields.emplace_back(field);
    kept.in = here(field.in);
    kept.key = here(field.key);
    if (field.kind != Kind::number && field.kind != Kind::text) continue;
    // A value stands behind its key's closing quote and a colon; a text begins within its own quotes.
    std::size_t at = offset(field.key) + field.key.size() + 1;
    while (text[at] != ':') ++at;
    ++at;
    while (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r') ++at;
    std::size_t end = at;
    if (field.kind == Kind::text) {
      end = ++at + field.text.size();
    } else {
      while (end < text.size() && (isDigit(text[end]) || std::strchr("+-.eE", text[end]))) ++end;
    }
    gaps_.push_back({done, at - done, message_.fields.size() - 1});
    done = end;
  }
  tail_ = done;
  return ready_ = true;
}

std::size_t RobotPattern::match(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto same = [&](std::size_t literal, std::size_t size) {
    if (static_cast<std::size_t>(end - at) < size || std::memcmp(at, text_.data() + literal, size) != 0) return false;
    at += size;
    return true;
  };
  if (!ready_) return 0;
  for (const Gap& gap : gaps_) {
    if (!same(gap.literal, gap.size)) return 0;
    RobotField& field = message_.fields[gap.field];
    if (field.kind == Kind::text) {
      const char* const begin = at;
      while (at != end && isPlain(*at)) ++at;
      field.text = {begin, static_cast<std::size_t>(at - begin)};
      if (field.text.size() > kMostBytes) return 0;
    } else if (!(at = readNumber(at, end, field))) {
      return 0;
    }
  }
  return same(tail_, text_.size() - tail_) ? static_cast<std::size_t>(at - text.data()) : 0;
}

}  // namespace robohub::gateway
