// What a device measures: the newest value of each channel for whoever comes, each value for whoever watches, and all
// of them for the history.
#include "live/live_device.hpp"
#include "net/websocket.hpp"
#include "telemetry/channel_shape.hpp"
#include "telemetry/history.hpp"

namespace robohub::live {

namespace {
constexpr std::size_t kRememberedValues = 64;
}  // namespace

void LiveDevice::tellHistory() const {
  if (services_.history) services_.history->describe(id_, device_type_ ? device_type_->type : nullptr);
}

LiveDevice::Latest* LiveDevice::latestOf(std::string_view channel) {
  if (const auto known = values_.find(channel); known != values_.end()) return &known->second;
  return values_.size() < kRememberedValues ? &values_[std::string(channel)] : nullptr;
}

std::string LiveDevice::textOf(const Latest& latest) {
  return latest.value_json.empty() ? telemetry::toJson({latest.shape, latest.numbers}) : latest.value_json;
}

SharedBytes LiveDevice::telemetryFrame(std::string_view channel, std::string_view value_json,
                                       std::int64_t at_ms) const {
  std::string text = "{\"type\":\"telemetry\",\"device\":";
  text.reserve(value_json.size() + channel.size() + 160);
  text += json::quote(id_.str());
  text += ",\"channel\":\"";
  text += channel;
  text += "\",\"t_ms\":";
  text += std::to_string(at_ms);
  text += ",\"value\":";
  text += value_json;
  text += '}';
  return net::WebSocket::frameText(text);
}

void LiveDevice::tellWatchers(const std::string& channel, std::string_view value_json, std::int64_t at_ms) {
  const SharedBytes frame = telemetryFrame(channel, value_json, at_ms);
  for (std::size_t i = 0; i < watchers_.size(); ++i)
    if (watchers_[i] > 0) tellValue(i, channel, frame);
}

void LiveDevice::telemetry(const link::Telemetry& telemetry) {
  if (!isPlainName(telemetry.channel) || !telemetry.value_json.starts_with('{')) return;
  const std::int64_t at_ms = agent_clock_.wallMs(telemetry.t_ns, now(), services_.clock.wall());
  if (Latest* latest = latestOf(telemetry.channel)) {
    latest->at_ms = at_ms;
    latest->value_json = telemetry.value_json;
  }
  if (watched()) tellWatchers(telemetry.channel, telemetry.value_json, at_ms);
  if (services_.history) services_.history->record(id_, telemetry.channel, at_ms, telemetry.value_json);
}

void LiveDevice::measured(const link::Nonce& nonce, std::string_view channel, const telemetry::Numbers& value) {
  control_.heard(nonce, now());
  if (nonce != nonce_ || !control_port_) return;
  const std::int64_t at_ms = toMs(services_.clock.wall());
  if (Latest* latest = latestOf(channel)) {
    latest->at_ms = at_ms;
    latest->value_json.clear();
    if (latest->shape != value.shape) latest->shape = value.shape;
    latest->numbers.assign(value.values.begin(), value.values.end());
  }
  if (watched()) tellWatchers(std::string(channel), telemetry::toJson(value), at_ms);
  if (services_.history) services_.history->record(id_, channel, at_ms, value);
}

// To another loop only when somebody there wants it at once, or has to be told that a tick begins.
void LiveDevice::tellValue(std::size_t loop_index, const std::string& channel, const SharedBytes& frame) {
  if (loop_index == loop_.index()) return services_.audiences.of(loop_).telemetry(id_, channel, frame);
  waiting_values_.resize(watchers_.size());
  auto& waiting = waiting_values_[loop_index];
  if (!waiting) waiting = std::make_shared<WaitingValues>();
  switch (waiting->put(channel, frame)) {
    case WaitingValues::Put::waits: return;
    case WaitingValues::Put::first:
      return services_.audiences.post(loop_index,
                                      [id = id_, waiting](Audience& audience) { audience.collect(id, waiting); });
    case WaitingValues::Put::each:
      return services_.audiences.post(loop_index, [id = id_, channel, frame, waiting](Audience& audience) {
        audience.telemetry(id, channel, frame, waiting);
      });
  }
}

std::string LiveDevice::latestJson() const {
  std::string text = "{\"channels\":[";
  for (const auto& [channel, latest] : values_) {
    text += (text.back() == '[' ? "" : ",") + std::string("{\"channel\":\"") + channel +
            "\",\"at_ms\":" + std::to_string(latest.at_ms) + ",\"value\":";
    text += textOf(latest);
    text += "}";
  }
  return text + "]}";
}

}  // namespace robohub::live
