#include "live/device_view.hpp"

#include <charconv>
#include <cstdlib>

#include "base/json.hpp"
#include "base/json_text.hpp"
#include "media/picture_stream.hpp"
#include "media/sound_stream.hpp"

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

// Of the newest picture or chunk, however old it is; "null" when there never was one.
std::string ageMs(const StreamView& stream, MonoTime now) {
  const auto newest = stream.pictures ? stream.pictures->newestAt()
                      : stream.sound  ? stream.sound->newestAt()
                                      : std::nullopt;
  return newest ? std::to_string(std::max<std::int64_t>(0, toMs(now - *newest))) : std::string("null");
}

std::string recordingJson(const std::optional<media::StreamRecording>& recording) {
  if (!recording) return "null";
  return "{\"id\":" + std::to_string(recording->capture) + ",\"started_ms\":" + std::to_string(recording->started_ms) +
         "}";
}

template <class Number>
void appendNumber(std::string& text, Number number) {
  char digits[24];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// With three decimals.
void appendMs(std::string& text, Duration time) {
  const std::int64_t us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  if (us < 0) text += '-';
  appendNumber(text, std::abs(us) / 1000);
  const auto rest = std::abs(us) % 1000;
  text += '.';
  for (const std::int64_t place : {100, 10, 1}) text += static_cast<char>('0' + rest / place % 10);
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
  std::string text;
  text.reserve(1024);
  text += "{\"id\":";
  text += quote(view.id.str());
  text += ",\"name\":";
  text += quote(view.name);
  text += ",\"type\":";
  text += quote(view.type);
  text += ",\"presence\":\"";
  text += toString(view.presence);
  text += "\",\"since_ms\":";
  appendNumber(text, view.since_ms);
  text += ",\"plugin\":";
  if (view.plugin_version.empty()) {
    text += "null";
  } else {
    text += "{\"version\":";
    text += quote(view.plugin_version);
    ((text += ",\"installed\":") += boolText(view.plugin_installed)) += '}';
  }
  ((text += ",\"link\":\"") += device::toString(view.link)) += "\",\"halt\":\"";
  ((text += toString(view.halt)) += "\",\"fenced\":") += boolText(view.fenced);
  text += ",\"hazards\":[";
  for (std::size_t i = 0; i < view.hazards.size(); ++i) (text += i ? "," : "") += quote(view.hazards[i]);
  text += "],\"deadman_ms\":";
  appendNumber(text, view.deadman_ms);
  (text += ",\"stop\":") += stopJson(view.stop);
  (text += ",\"turn\":") += turnJson(view.turn, view.as_of, now);
  text += ",\"streams\":[";
  for (std::size_t i = 0; i < view.streams.size(); ++i) {
    const StreamView& stream = view.streams[i];
    text +=
        std::string(i ? "," : "") + "{\"name\":" + quote(stream.name) + ",\"kind\":" + quote(stream.kind) +
        (stream.sound ? ",\"rate_hz\":" + std::to_string(stream.sound->rateHz())
                      : ",\"width\":" + std::to_string(stream.width) + ",\"height\":" + std::to_string(stream.height)) +
        ",\"live\":" + boolText(stream.live) + ",\"age_ms\":" + ageMs(stream, now) +
        ",\"fault\":" + quote(stream.fault) +
        (stream.sound ? std::string() : ",\"recording\":" + recordingJson(stream.recording)) +
        (stream.by_url ? ",\"by_url\":true}" : "}");
  }
  text += "],\"labels\":[";
  for (std::size_t i = 0; i < view.place.labels.size(); ++i) (text += i ? "," : "") += quote(view.place.labels[i]);
  text += "],\"room\":";
  text += quote(view.place.room);
  return text += '}';
}

std::string youMembers(const control::YouView& you) {
  return std::string("\"state\":\"") + control::toString(you.state) + "\",\"place\":" + std::to_string(you.place) +
         ",\"epoch\":" + std::to_string(you.epoch) + ",\"estimate_ms\":" + optionalMs(you.estimate) +
         ",\"remaining_ms\":" + optionalMs(you.remaining) + ",\"warning\":" + boolText(you.warning) + ",\"reason\":\"" +
         control::toString(you.reason) + "\"";
}

std::string commandMembers(const control::CommandRecord& record, const DeviceId& device, std::int64_t received_ms) {
  std::string text;
  appendCommandMembers(text, record, device, received_ms);
  return text;
}

// For each click, so it is written in one go.
void appendCommandMembers(std::string& out, const control::CommandRecord& record, const DeviceId& device,
                          std::int64_t received_ms) {
  using json::appendQuoted;
  const MonoTime newest = record.finished       ? *record.finished
                          : record.acknowledged ? *record.acknowledged
                          : record.sent         ? *record.sent
                                                : record.received;
  const char* state = control::toString(record.state);
  out += "\"id\":";
  appendQuoted(out, record.id);
  out += ",\"key\":";
  appendQuoted(out, record.key);
  out += ",\"name\":";
  appendQuoted(out, record.name);
  out += ",\"device\":";
  appendQuoted(out, device.str());
  out += ",\"epoch\":";
  appendNumber(out, record.epoch);
  out += ",\"state\":\"";
  out += state;
  out += "\",\"at_ms\":";
  appendNumber(out, received_ms + toMs(newest - record.received));
  out += ",\"error\":";
  record.error ? out += errorJson(*record.error) : out += "null";
  out += ",\"value\":";
  record.value_json.empty() ? out += "null" : out += record.value_json;
  out += ",\"times\":{";
  const auto addTime = [&](const char* name, const std::optional<MonoTime>& at) {
    if (!at) return;
    if (out.back() != '{') out += ',';
    ((out += '"') += name) += "\":";
    appendMs(out, *at - record.received);
  };
  addTime("accepted", record.accepted);
  addTime("sent", record.sent);
  addTime("acknowledged", record.acknowledged);
  addTime(state, record.finished);
  out += '}';
}

}  // namespace robohub::live
