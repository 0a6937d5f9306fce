// What a device measures: the newest value of each channel for whoever comes, each value for whoever watches, and all
// of them for the history.
#include "live/live_device.hpp"
#include "net/websocket.hpp"
#include "telemetry/history.hpp"

namespace robohub::live {

namespace {
constexpr std::size_t kRememberedValues = 64;
}  // namespace

void LiveDevice::tellHistory() const {
  if (services_.history) services_.history->describe(id_, device_type_ ? device_type_->type : nullptr);
}

SharedBytes LiveDevice::telemetryFrame(std::string_view channel, const Latest& latest) const {
  std::string text = "{\"type\":\"telemetry\",\"device\":";
  text.reserve(latest.value_json.size() + channel.size() + 160);
  text += json::quote(id_.str());
  text += ",\"channel\":\"";
  text += channel;
  text += "\",\"t_ms\":";
  text += std::to_string(latest.at_ms);
  text += ",\"value\":";
  text += latest.value_json;
  text += '}';
  return net::WebSocket::frameText(text);
}

void LiveDevice::telemetry(const link::Telemetry& telemetry) {
  if (!isPlainName(telemetry.channel) || !telemetry.value_json.starts_with('{')) return;
  const std::int64_t at_ms = agent_clock_.wallMs(telemetry.t_ns, now(), services_.clock.wall());
  auto known = values_.find(telemetry.channel);
  if (known == values_.end() && values_.size() < kRememberedValues)
    known = values_.try_emplace(telemetry.channel).first;
  if (known != values_.end()) {
    known->second.value_json = telemetry.value_json;
    known->second.at_ms = at_ms;
  }
  if (watched()) {
    const SharedBytes frame = telemetryFrame(telemetry.channel, {telemetry.value_json, at_ms});
    for (std::size_t i = 0; i < watchers_.size(); ++i)
      if (watchers_[i] > 0) tellValue(i, telemetry.channel, frame);
  }
  if (services_.history) services_.history->record(id_, telemetry.channel, at_ms, telemetry.value_json);
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
    text += latest.value_json;
    text += "}";
  }
  return text + "]}";
}

}  // namespace robohub::live
