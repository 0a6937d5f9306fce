// How the text of one value becomes a number, a duration or an address. Pure functions, used by this folder only.
// Each returns nothing when the text is no such value; `hint`, where there is one, says what the writer may have meant.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/section.hpp"

namespace robohub::config::detail {

// Decimal without leading zeros, or 0x and hexadecimal digits; an optional sign.
std::optional<std::int64_t> parseInteger(std::string_view text);
// JSON's numbers, and "1.", ".5" and a leading +. Finite.
std::optional<double> parseNumber(std::string_view text);
std::optional<Duration> parseDuration(std::string_view text, std::string* hint);
// "64MiB". Whole; at most 2^62.
std::optional<std::int64_t> parseBytes(std::string_view text, std::string* hint);
std::optional<Address> parseAddress(std::string_view text, std::string* hint);
// True for an absolute URL with one of the schemes, a host and no user part.
bool isUrl(std::string_view text, const std::vector<const char*>& schemes);
// True for the words that YAML 1.1 takes for booleans and 1.2 for text: yes, No, ON, off, y, n, and True, FALSE.
bool isBooleanWord(std::string_view text);

// The shortest exact form: 90s, 2m, 1.5s is 1500ms.
std::string format(Duration duration);
std::string format(double number);
// In the largest unit that needs no fraction: 64MiB.
std::string formatBytes(std::int64_t bytes);
// The word out of `words` that somebody who wrote `text` most likely meant; empty when none is close.
std::string closest(std::string_view text, const std::vector<std::string>& words);

}  // namespace robohub::config::detail
