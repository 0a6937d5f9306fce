#include "live/stop_record.hpp"

#include "base/json.hpp"

namespace robohub::live {

std::string writeStopRecord(const control::StopRecord& record) {
  return std::string("{\"latched\":") + (record.latched ? "true" : "false") +
         ",\"number\":" + std::to_string(record.number) + ",\"by\":" + json::quote(record.by) +
         ",\"reason\":" + json::quote(record.reason) + ",\"at_ms\":" + std::to_string(record.at_ms) + "}";
}

Result<control::StopRecord> readStopRecord(std::string_view text) {
  control::StopRecord record;
  if (text.empty()) return record;
  const auto object = json::parseObject(text);
  if (!object)
    return fail(ErrorCode::corrupt, "The stored stop of the device cannot be read: " + object.error().message);
  const auto latched = json::getBool(**object, "latched");
  const auto number = json::getInt(**object, "number");
  const auto by = json::getString(**object, "by");
  const auto reason = json::getString(**object, "reason");
  const auto at_ms = json::getInt(**object, "at_ms");
  if (!latched || !number || !by || !reason || !at_ms || *number < 0)
    return fail(ErrorCode::corrupt, "The stored stop of the device lacks a member.");
  record.latched = *latched;
  record.number = static_cast<std::uint64_t>(*number);
  record.by = *by;
  record.reason = *reason;
  record.at_ms = *at_ms;
  return record;
}

}  // namespace robohub::live
