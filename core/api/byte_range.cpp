#include "api/byte_range.hpp"

#include <algorithm>
#include <charconv>

namespace robohub::api {

namespace {

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // Beyond any file: a number all the same.
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

WantedBytes wantedBytes(std::string_view range, std::string_view if_range, const std::string& etag,
                        std::uint64_t file_bytes) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range.starts_with(kUnit)) return {};
  // Of another state of the file, a piece would not fit the pieces that are there. A date is none of ours.
  if (!if_range.empty() && if_range != etag) return {};
  const std::string_view spec = trimmed(range.substr(kUnit.size()));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return {};
  const std::string_view from = trimmed(spec.substr(0, dash)), to = trimmed(spec.substr(dash + 1));
  if (from.empty()) {
    const auto count = number(to);
    if (!count) return {};
    if (*count == 0 || file_bytes == 0) return {false, {}};
    return {true, ByteRange{file_bytes - std::min(*count, file_bytes), file_bytes - 1}};
  }
  const auto first = number(from);
  const auto last = to.empty() ? std::optional(UINT64_MAX) : number(to);
  if (!first || !last || *last < *first) return {};
  if (*first >= file_bytes) return {false, {}};
  return {true, ByteRange{*first, std::min(*last, file_bytes - 1)}};
}

}  // namespace robohub::api
