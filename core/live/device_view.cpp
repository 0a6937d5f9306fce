#include "live/device_view.hpp"

#include "base/json.hpp"
#include "media/picture_stream.hpp"

namespace robohub::live {

namespace {

using json::quote;

std::string personJson(const control::PersonName& person) {
  return "{\"id\":" + quote(person.id.str()) + ",\"name\":" + quote(person.name) + "}";
}

// What is left of a time that was `left` at `as_of`; "null" when there is none.
std::string leftMs(const std::optional<Duration>& left, Duration since) {
  if (!left) return "null";
  return std::to_string(std::max<std::int64_t>(0, toMs(*left - since)));
}

std::string optionalMs(const std::optional<Duration>& time) {
  return leftMs(time, Duration{0});
}

std::string errorJson(const Error& error) {
  return std::string("{\"code\":\"") + toString(error.code) + "\",\"message\":" + quote(error.message) +
         ",\"pointer\":" + quote(error.where) + "}";
}

// Of the newest picture, however old it is; "null" when there never was one.
std::string ageMs(const StreamView& stream, MonoTime now) {
  const auto newest = stream.pictures ? stream.pictures->newestAt() : std::nullopt;
  return newest ? std::to_string(std::max<std::int64_t>(0, toMs(now - *newest))) : std::string("null");
}

const char* boolText(bool value) {
  return value ? "true" : "false";
}

}  // namespace

const char* toString(Presence presence) {
  switch (presence) {
    case Presence::online: return "online";
    case Presence::offline: return "offline";
    case Presence::never: return "never";
  }
  return "never";
}

std::string stopJson(const control::StopView& stop) {
  return std::string("{\"state\":\"") + control::toString(stop.state) + "\",\"id\":" + quote(stop.id) +
         ",\"by\":" + quote(stop.by) + ",\"reason\":" + quote(stop.reason) +
         ",\"at_ms\":" + std::to_string(stop.at_ms) + ",\"resetting\":" + boolText(stop.resetting) +
         ",\"message\":" + quote(stop.message) + "}";
}

std::string turnJson(const control::TurnView& turn, MonoTime as_of, MonoTime now) {
  const Duration since = now - as_of;
  std::string text = "{\"holder\":" + (turn.holder ? personJson(*turn.holder) : std::string("null")) +
                     ",\"epoch\":" + std::to_string(turn.epoch) + ",\"remaining_ms\":" + leftMs(turn.remaining, since) +
                     ",\"grace_ms\":" + leftMs(turn.grace, since) + ",\"waiting\":[";
  for (std::size_t i = 0; i < turn.waiting.size(); ++i) text += (i ? "," : "") + personJson(turn.waiting[i]);
  text += "],\"estimate_ms\":[";
  for (std::size_t i = 0; i < turn.estimates.size(); ++i) text += (i ? "," : "") + leftMs(turn.estimates[i], since);
  text += "],\"held\":";
  if (!turn.held) return text + "null}";
  return text + "{\"by\":" + quote(turn.held->by) + ",\"reason\":" + quote(turn.held->reason) + "}}";
}

std::string deviceJson(const DeviceView& view, MonoTime now) {
  std::string text = "{\"id\":" + quote(view.id.str()) + ",\"name\":" + quote(view.name) +
                     ",\"type\":" + quote(view.type) + ",\"presence\":\"" + toString(view.presence) +
                     "\",\"since_ms\":" + std::to_string(view.since_ms) + ",\"plugin\":";
  if (view.plugin_version.empty())
    text += "null";
  else
    text += "{\"version\":" + quote(view.plugin_version) + ",\"installed\":" + boolText(view.plugin_installed) + "}";
  text += std::string(",\"link\":\"") + device::toString(view.link) + "\",\"halt\":\"" + toString(view.halt) +
          "\",\"fenced\":" + boolText(view.fenced) + ",\"hazards\":[";
  for (std::size_t i = 0; i < view.hazards.size(); ++i) text += (i ? "," : "") + quote(view.hazards[i]);
  text += "],\"deadman_ms\":" + std::to_string(view.deadman_ms) + ",\"stop\":" + stopJson(view.stop) +
          ",\"turn\":" + turnJson(view.turn, view.as_of, now) + ",\"streams\":[";
  for (std::size_t i = 0; i < view.streams.size(); ++i) {
    const StreamView& stream = view.streams[i];
    text += std::string(i ? "," : "") + "{\"name\":" + quote(stream.name) + ",\"kind\":" + quote(stream.kind) +
            ",\"width\":" + std::to_string(stream.width) + ",\"height\":" + std::to_string(stream.height) +
            ",\"live\":" + boolText(stream.live) + ",\"age_ms\":" + ageMs(stream, now) +
            ",\"fault\":" + quote(stream.fault) + "}";
  }
  text += "],\"labels\":[";
  for (std::size_t i = 0; i < view.place.labels.size(); ++i) text += (i ? "," : "") + quote(view.place.labels[i]);
  return text + "],\"room\":" + quote(view.place.room) + "}";
}

std::string youMembers(const control::YouView& you) {
  return std::string("\"state\":\"") + control::toString(you.state) + "\",\"place\":" + std::to_string(you.place) +
         ",\"epoch\":" + std::to_string(you.epoch) + ",\"estimate_ms\":" + optionalMs(you.estimate) +
         ",\"remaining_ms\":" + optionalMs(you.remaining) + ",\"warning\":" + boolText(you.warning) + ",\"reason\":\"" +
         control::toString(you.reason) + "\"";
}

std::string commandMembers(const control::CommandRecord& record, const DeviceId& device, std::int64_t received_ms) {
  std::string times;
  auto addTime = [&](const char* name, const std::optional<MonoTime>& at) {
    if (!at) return;
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(*at - record.received).count();
    char text[64];
    std::snprintf(text, sizeof text, "%s\"%s\":%.3f", times.empty() ? "" : ",", name, static_cast<double>(us) / 1000.0);
    times += text;
  };
  addTime("accepted", record.accepted);
  addTime("sent", record.sent);
  addTime("acknowledged", record.acknowledged);
  addTime(control::toString(record.state), record.finished);
  const MonoTime newest = record.finished       ? *record.finished
                          : record.acknowledged ? *record.acknowledged
                          : record.sent         ? *record.sent
                                                : record.received;
  return "\"id\":" + quote(record.id) + ",\"key\":" + quote(record.key) + ",\"name\":" + quote(record.name) +
         ",\"device\":" + quote(device.str()) + ",\"epoch\":" + std::to_string(record.epoch) + ",\"state\":\"" +
         control::toString(record.state) +
         "\",\"at_ms\":" + std::to_string(received_ms + toMs(newest - record.received)) +
         ",\"error\":" + (record.error ? errorJson(*record.error) : std::string("null")) +
         ",\"value\":" + (record.value_json.empty() ? std::string("null") : record.value_json) + ",\"times\":{" +
         times + "}";
}

}  // namespace robohub::live
