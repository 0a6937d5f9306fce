#include "gateway/cloudtalker/messages.hpp"

#include <cmath>
#include <cstdio>

#include "base/json.hpp"

namespace robohub::gateway {

namespace {

constexpr double kYear3000 = 32'503'680'000;  // seconds since 1970; what is later is in milliseconds
constexpr std::int64_t kMostSegments = 4096;

tl::unexpected<Error> wrong(const std::string& member, const char* what) {
  std::string sentence = "\"" + member + "\" ";
  return fail(ErrorCode::invalid_argument, (sentence += what) + ".", "/" + member);
}

Result<double> number(const json::Object& object, const std::string& key) {
  const json::Var value = object.get(key);
  if (value.isEmpty() || !value.isNumeric() || value.isBoolean()) return wrong(key, "must be a number");
  return value.convert<double>();
}

// A wall clock of the camera, in seconds as its file names have it, or in milliseconds.
Result<std::int64_t> timestampMs(const json::Object& object) {
  const auto value = number(object, "trigger_timestamp");
  if (!value) return fail(value.error());
  if (!(*value >= 0) || *value > kYear3000 * 1000) return wrong("trigger_timestamp", "is no time");
  return static_cast<std::int64_t>(std::llround(*value > kYear3000 ? *value : *value * 1000));
}

Result<TalkerMessage> readState(const json::Object& object) {
  TalkerState state;
  if (object.has("id")) {
    const auto id = json::getInt(object, "id");
    if (!id) return fail(id.error());
    state.id = *id;
  }
  if (object.has("heartbeat_period")) {
    const auto period = number(object, "heartbeat_period");
    if (!period) return fail(period.error());
    state.heartbeat_s = *period;
  }
  const auto armed = json::getBool(object, "pir_armed");
  if (!armed) return fail(armed.error());
  const auto flag = json::getBool(object, "capture_asap");
  if (!flag) return fail(flag.error());
  state.armed = *armed;
  state.capture_flag = *flag;
  return TalkerMessage(state);
}

Result<TalkerMessage> readCapture(const json::Object& object, TalkerCapture::What what) {
  TalkerCapture capture;
  capture.what = what;
  const auto started = timestampMs(object);
  if (!started) return fail(started.error());
  capture.started_ms = *started;
  const auto trigger = json::getString(object, "trigger");
  if (!trigger) return fail(trigger.error());
  if (*trigger != "pir" && *trigger != "request") return wrong("trigger", "must be \"pir\" or \"request\"");
  capture.trigger = *trigger;
  // Its file names have whole seconds; two captures of one second in milliseconds stay two.
  char key[64];
  const auto seconds = static_cast<long long>(*started / 1000), rest = static_cast<long long>(*started % 1000);
  if (rest == 0)
    std::snprintf(key, sizeof key, "%s.%lld", trigger->c_str(), seconds);
  else
    std::snprintf(key, sizeof key, "%s.%lld.%03lld", trigger->c_str(), seconds, rest);
  capture.key = key;
  if (what != TalkerCapture::What::segment) return TalkerMessage(std::move(capture));
  const auto number = json::getInt(object, "seg_no");
  if (!number) return fail(number.error());
  if (*number < 0 || *number >= kMostSegments) return wrong("seg_no", "must be 0 to 4095");
  capture.number = static_cast<std::uint32_t>(*number);
  return TalkerMessage(std::move(capture));
}

}  // namespace

Result<TalkerMessage> parseTalker(std::string_view text) {
  const auto object = json::parseObject(text);
  if (!object) return fail(object.error());
  const auto type = json::getString(**object, "type");
  if (!type) return fail(type.error());
  if (*type == "state") return readState(**object);
  if (*type == "capture_start") return readCapture(**object, TalkerCapture::What::start);
  if (*type == "capture_segment") return readCapture(**object, TalkerCapture::What::segment);
  if (*type == "capture_end") return readCapture(**object, TalkerCapture::What::end);
  if (*type != "alarm") return fail(ErrorCode::unsupported, "There is no message of the type that it sent.", "/type");
  const auto at = timestampMs(**object);
  if (!at) return fail(at.error());
  return TalkerMessage(TalkerAlarm{*at});
}

bool meantCapture(std::string_view text) {
  const auto object = json::parseObject(text);
  if (!object) return false;
  const auto type = json::getString(**object, "type");
  return type && type->starts_with("capture_");
}

std::string encodeTalker(const TalkerChange& change) {
  std::string text;
  const auto add = [&](const char* key, const std::string& value) {
    (text += text.empty() ? "{\"" : ",\"") += key;
    (text += "\":") += value;
  };
  if (change.id >= 0) add("id", std::to_string(change.id));
  if (change.heartbeat_s > 0) add("heartbeat_period", std::to_string(change.heartbeat_s));
  if (change.armed >= 0) add("pir_armed", change.armed ? "true" : "false");
  if (change.capture_flag >= 0) add("capture_asap", change.capture_flag ? "true" : "false");
  return text.empty() ? "{}" : text + "}";
}

const char* segmentFormat(std::string_view first_bytes) {
  // A transport stream's packets begin with 0x47 (ISO/IEC 13818-1, 2.4.3.2).
  const bool box = first_bytes.size() >= 8 && first_bytes.substr(4, 4) == "ftyp";
  return first_bytes.starts_with('\x47') && !box ? "ts" : "mp4";
}

}  // namespace robohub::gateway
