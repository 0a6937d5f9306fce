#include "hub/telemetry_file.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/json.hpp"
#include "hub/admin_client.hpp"

namespace robohub::hub {

namespace {

// An answer that broke off says so in a last line behind its 200, which is then taken from `text`.
std::optional<std::string> takeFault(std::string_view& text) {
  std::string_view last = text;
  while (last.ends_with('\n') || last.ends_with('\r')) last.remove_suffix(1);
  last.remove_prefix(last.rfind('\n') + 1);  // npos + 1 is 0
  if (!last.starts_with("{\"error\":")) return std::nullopt;
  const auto object = json::parseObject(std::string(last));
  const auto message = object ? json::getString(**object, "error") : fail(object.error());
  text = text.substr(0, static_cast<std::size_t>(last.data() - text.data()));
  return message ? *message : "The hub could not read on.";
}

tl::unexpected<Error> cutShort(ErrorCode code, std::int64_t from_ms, const std::string& why) {
  return fail(code, "The values are cut short: from " + timeText(from_ms) + " on some are missing. " + why);
}

}  // namespace

Status writeTelemetry(const TelemetryFile& file, std::ostream& out) {
  std::int64_t span_ms = file.span_ms;
  bool begun = false;
  for (std::int64_t from = file.from_ms; from < file.to_ms;) {
    const std::int64_t to = std::min(file.to_ms, from + span_ms);
    const auto part = file.ask(from, to);
    if (!part && part.error().code == ErrorCode::too_large && to - from > 1) {
      span_ms = (to - from) / 2;
      continue;
    }
    if (!part) return begun ? cutShort(part.error().code, from, part.error().message) : fail(part.error());
    std::string_view text = *part;
    const auto fault = takeFault(text);
    if (begun && file.has_heading) text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
    begun = true;
    out << text;
    if (fault) return cutShort(ErrorCode::corrupt, from, *fault);
    if (text.size() < file.large_bytes / 4) span_ms = std::min(file.span_ms, span_ms * 2);
    from = to;
  }
  return {};
}

}  // namespace robohub::hub
