#include "config/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace robohub::config {

std::string Address::str() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

namespace detail {
namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

struct Unit {
  const char* name;
  std::int64_t ns;
};
constexpr std::array<Unit, 7> kUnits{{{"d", 86'400'000'000'000},
                                      {"h", 3'600'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"s", 1'000'000'000},
                                      {"ms", 1'000'000},
                                      {"us", 1'000},
                                      {"ns", 1}}};

bool isHostName(std::string_view host) {
  return !host.empty() && host.size() <= 253 && host.front() != '-' && host.front() != '.' &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return isDigit(c) || isLetter(c) || c == '.' || c == '-' || c == '_'; });
}

bool isV6(std::string_view host) {
  return host.size() >= 2 && host.size() <= 60 && std::count(host.begin(), host.end(), ':') >= 2 &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
         });
}

std::optional<std::uint16_t> parsePort(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), isDigit)) return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// Splits "host:port" or "[v6]:port"; the port may be missing.
bool splitAuthority(std::string_view text, std::string_view* host, std::optional<std::string_view>* port) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !isV6(text.substr(1, end - 1))) return false;
    *host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    *port = text.substr(1);
    return true;
  }
  const auto colon = text.find(':');
  *host = text.substr(0, colon);
  if (colon != std::string_view::npos) *port = text.substr(colon + 1);
  return isHostName(*host);
}

}  // namespace

std::optional<std::int64_t> parseInteger(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  } else if (text.size() > 1 && text.front() == '0') {
    return std::nullopt;  // 010 is eight to YAML 1.1 and ten to 1.2
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const std::uint64_t limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (negative ? 1 : 0);
  if (value > limit) return std::nullopt;
  return static_cast<std::int64_t>(negative ? ~value + 1 : value);
}

std::optional<double> parseNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.empty() || !(isDigit(digits[0]) || (digits[0] == '.' && digits.size() > 1)))
    return std::nullopt;  // inf, nan
  if (digits.size() > 1 && digits[0] == '0' && isDigit(digits[1])) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Duration> parseDuration(std::string_view text, std::string* hint) {
  std::size_t letters = 0;
  while (letters < text.size() && isLetter(text[text.size() - 1 - letters])) ++letters;
  const std::string_view name = text.substr(text.size() - letters);
  std::string_view digits = text.substr(0, text.size() - letters);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  const auto number = parseNumber(digits);
  if (!number) return std::nullopt;
  if (name.empty()) {
    *hint = "Write the unit as well, for example " + std::string(digits) + "s or " + std::string(digits) + "ms.";
    return std::nullopt;
  }
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return name == u.name; });
  if (unit == kUnits.end()) {
    *hint = "The units are ns, us, ms, s, m (minutes), h and d.";
    return std::nullopt;
  }
  const double ns = *number * static_cast<double>(unit->ns);
  if (std::abs(ns) > 9.0e18) return std::nullopt;
  return Duration(std::llround(ns));
}

namespace {
struct SizeUnit {
  const char* name;
  int shift;
};
constexpr std::array<SizeUnit, 5> kSizeUnits{{{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}}};
}  // namespace

std::optional<std::int64_t> parseBytes(std::string_view text, std::string* hint) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parseInteger(text.substr(0, end));
  std::string_view name = text.substr(end);
  while (name.starts_with(' ')) name.remove_prefix(1);
  if (!number) return std::nullopt;
  const auto unit = std::find_if(kSizeUnits.begin(), kSizeUnits.end(), [&](const auto& u) { return name == u.name; });
  if (unit == kSizeUnits.end()) {
    *hint = "Write the unit as well: B, KiB, MiB, GiB or TiB, for example 64MiB.";
    return std::nullopt;
  }
  if (*number > (std::int64_t{1} << 62) >> unit->shift) return std::nullopt;
  return *number << unit->shift;
}

std::string formatBytes(std::int64_t bytes) {
  for (const auto& unit : kSizeUnits)
    if (bytes != 0 && bytes % (std::int64_t{1} << unit.shift) == 0)
      return std::to_string(bytes >> unit.shift) + unit.name;
  return "0B";
}

std::optional<Address> parseAddress(std::string_view text, std::string* hint) {
  std::string_view host;
  std::optional<std::string_view> port;
  if (parsePort(text)) {
    *hint = "Write the address as well, for example 127.0.0.1:" + std::string(text) + ".";
    return std::nullopt;
  }
  if (text.starts_with("*:") || text.starts_with(':')) {
    *hint = "Write 0.0.0.0 (or [::]) for every address of this machine.";
    return std::nullopt;
  }
  if (isV6(text)) {
    *hint = "Put an IPv6 address in brackets, and the whole in quotes: \"[" + std::string(text) + "]:8080\".";
    return std::nullopt;
  }
  if (!splitAuthority(text, &host, &port)) return std::nullopt;
  if (!port) {
    *hint = "Write the port as well, for example " + std::string(text) + ":8080.";
    return std::nullopt;
  }
  const auto number = parsePort(*port);
  if (!number) {
    *hint = "A port is a number from 0 to 65535.";
    return std::nullopt;
  }
  return Address{std::string(host), *number};
}

bool isUrl(std::string_view text, const std::vector<const char*>& schemes) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return false;
  if (std::none_of(schemes.begin(), schemes.end(), [&](const char* s) { return text.substr(0, colon) == s; }))
    return false;
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f; })) return false;
  text.remove_prefix(colon + 3);
  std::string_view host;
  std::optional<std::string_view> port;
  if (!splitAuthority(text.substr(0, text.find_first_of("/?#")), &host, &port)) return false;
  return !port || parsePort(*port);
}

bool isBooleanWord(std::string_view text) {
  if (text == "true" || text == "false") return false;
  const std::string word = lower(text);
  for (const char* one : {"yes", "no", "on", "off", "y", "n", "true", "false"})
    if (word == one) return true;
  return false;
}

std::string format(Duration duration) {
  const std::int64_t ns = duration.count();
  if (ns == 0) return "0s";
  for (const auto& unit : kUnits)
    if (ns % unit.ns == 0) return std::to_string(ns / unit.ns) + unit.name;
  return std::to_string(ns) + "ns";
}

std::string format(double number) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::string(text.data(), end) : "";
}

namespace {

// The optimal string alignment distance: how many letters must be put in, left out, changed or swapped with the next.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0u);
  for (std::size_t i = 0; i < a.size(); ++i) {
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      row[j + 1] = std::min({last[j] + (a[i] == b[j] ? 0 : 1), row[j] + 1, last[j + 1] + 1});
      if (i && j && a[i] == b[j - 1] && a[i - 1] == b[j]) row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last.back();
}

}  // namespace

std::string closest(std::string_view text, const std::vector<std::string>& words) {
  const std::string wanted = lower(text.substr(0, 64));
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const auto& word : words) {
    const std::size_t d = distance(wanted, lower(word));
    if (d >= best_distance) continue;
    best_distance = d;
    best = word;
  }
  return best;
}

}  // namespace detail
}  // namespace robohub::config
