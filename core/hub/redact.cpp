#include "hub/redact.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace robohub::hub {

namespace {

constexpr std::string_view kMask = "***";
constexpr std::size_t kTokenLength = 43;  // 32 random bytes in base64url

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool isWord(char c) {
  return isDigit(c) || isLetter(c) || c == '_' || c == '-';
}
bool isCodeLetter(char c) {
  return isDigit(c) || (c >= 'A' && c <= 'Z');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool beginsWith(std::string_view text, std::string_view lower_word) {
  return text.size() >= lower_word.size() &&
         std::equal(lower_word.begin(), lower_word.end(), text.begin(), [](char w, char t) { return lower(t) == w; });
}

// "7KQ2-M4XV-9TDA" at the text's begin: the one-time codes of enrolment and set-up.
std::size_t codeLength(std::string_view text) {
  constexpr std::size_t kLength = 14;
  if (text.size() < kLength || (text.size() > kLength && isWord(text[kLength]))) return 0;
  for (std::size_t i = 0; i < kLength; ++i)
    if (i % 5 == 4 ? text[i] != '-' : !isCodeLetter(text[i])) return 0;
  return kLength;
}

// A run of letters that is long enough for a key; sums in hexadecimal are none.
bool isToken(std::string_view run) {
  if (run.starts_with("rh_") && run.size() >= 16) return true;
  if (run.size() < kTokenLength) return false;
  return !std::all_of(run.begin(), run.end(), [](char c) { return isDigit(c) || (c >= 'a' && c <= 'f'); }) &&
         !std::all_of(run.begin(), run.end(), [](char c) { return isDigit(c) || (c >= 'A' && c <= 'F'); });
}

// Words whose value is nobody's business, written as `word=`, `word: ` or `"word":`.
constexpr std::array<std::string_view, 13> kNames{
    "password", "passwd",        "secret",       "token",         "ticket",   "claim_code", "code_verifier",
    "key",      "client_secret", "access_token", "refresh_token", "id_token", "session"};

bool isSecretName(std::string_view word) {
  if (word.size() > 24) return false;
  std::string small(word.size(), ' ');
  std::transform(word.begin(), word.end(), small.begin(), lower);
  if (small.ends_with("robohub_session")) return true;
  return std::find(kNames.begin(), kNames.end(), small) != kNames.end();
}

// How much of `rest`, behind such a word, leads to its value: "=", "\":\"", ": ". 0: there is no value.
std::size_t separator(std::string_view rest) {
  std::size_t at = 0;
  if (at < rest.size() && rest[at] == '"') ++at;
  if (at >= rest.size() || (rest[at] != '=' && rest[at] != ':')) return 0;
  const bool is_colon = rest[at++] == ':';
  const std::size_t behind = at;
  while (at < rest.size() && rest[at] == ' ') ++at;
  if (at < rest.size() && rest[at] == '"') return at + 1;
  // "token: it has expired" is a sentence, "token:abc" a value.
  return is_colon && at > behind ? 0 : at;
}

std::size_t valueLength(std::string_view rest, bool quoted) {
  std::size_t at = 0;
  if (quoted) {
    while (at < rest.size() && rest[at] != '"') at += rest[at] == '\\' ? 2 : 1;
  } else {
    while (at < rest.size() && rest[at] != ' ' && rest[at] != '&' && rest[at] != ';' && rest[at] != ',' &&
           rest[at] != '"' && rest[at] != '\'' && rest[at] != ')' && rest[at] != '}')
      ++at;
  }
  return std::min(at, rest.size());
}

// Of "//name:password@host" at the text's begin, the part before '@'; 0 when there is none.
std::size_t userPartLength(std::string_view text) {
  const std::size_t end = text.find_first_of("/?#\" '<>", 2);
  const std::size_t at = text.substr(0, end).rfind('@');
  return at == std::string_view::npos ? 0 : at;
}

}  // namespace

std::string redacted(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    const bool word_begins = i == 0 || !isWord(text[i - 1]);
    if (beginsWith(rest, "authorization:") && word_begins) {
      const std::size_t end = std::min(rest.find_first_of("\"\r\n\\", 14), rest.size());
      out.append(rest.substr(0, 14)).append(" ").append(kMask);
      i += end;
    } else if (rest.starts_with("://")) {
      out += ':';
      ++i;
    } else if (rest.starts_with("//") && userPartLength(rest) > 0) {
      out.append("//").append(kMask);
      i += userPartLength(rest);
    } else if (isWord(text[i]) && word_begins) {
      std::size_t end = i;
      while (end < text.size() && isWord(text[end])) ++end;
      const std::string_view word = text.substr(i, end - i);
      // A guest's token has a dot behind its prefix.
      std::size_t guest_end = end + 1;
      while (word == "g1" && end < text.size() && text[end] == '.' && guest_end < text.size() &&
             isWord(text[guest_end]))
        ++guest_end;
      if (word == "g1" && guest_end - end > kTokenLength) {
        out += kMask;
        i = guest_end;
      } else if (codeLength(rest) > 0 || isToken(word)) {
        out += kMask;
        i = codeLength(rest) > 0 ? i + codeLength(rest) : end;
      } else if (const std::size_t lead = isSecretName(word) ? separator(text.substr(end)) : 0; lead > 0) {
        const bool quoted = text[end + lead - 1] == '"';
        const std::size_t length = valueLength(text.substr(end + lead), quoted);
        out.append(word).append(text.substr(end, lead));
        if (length > 0) out += kMask;
        i = end + lead + length;
      } else if ((beginsWith(word, "bearer") || beginsWith(word, "robohub-device")) && end < text.size() &&
                 text[end] == ' ') {
        const std::size_t length = valueLength(text.substr(end + 1), false);
        out.append(word).append(" ");
        if (length > 0) out += kMask;
        i = end + 1 + length;
      } else {
        out += word;
        i = end;
      }
    } else {
      out += text[i++];
    }
  }
  return out;
}

}  // namespace robohub::hub
