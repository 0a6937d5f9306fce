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

void LiveDevice::telemetry(const link::Telemetry& telemetry) {
  if (!isPlainName(telemetry.channel) || !telemetry.value_json.starts_with('{')) return;
  const std::int64_t at_ms = agent_clock_.wallMs(telemetry.t_ns, now(), services_.clock.wall());
  std::string text = "{\"type\":\"telemetry\",\"device\":" + json::quote(id_.str()) + ",\"channel\":\"" +
                     telemetry.channel + "\",\"t_ms\":" + std::to_string(at_ms) + ",\"value\":" + telemetry.value_json +
                     "}";
  const SharedBytes frame = net::WebSocket::frameText(text);
  if (values_.size() < kRememberedValues || values_.count(telemetry.channel))
    values_[telemetry.channel] = {frame, at_ms, frame->size() - telemetry.value_json.size() - 1};
  for (std::size_t i = 0; i < watchers_.size(); ++i)
    if (watchers_[i] > 0)
      services_.audiences.post(i, [id = id_, channel = telemetry.channel, frame](Audience& audience) {
        audience.telemetry(id, channel, frame);
      });
  if (services_.history) services_.history->record(id_, telemetry.channel, at_ms, telemetry.value_json);
}

std::string LiveDevice::latestJson() const {
  std::string text = "{\"channels\":[";
  for (const auto& [channel, latest] : values_) {
    text += (text.back() == '[' ? "" : ",") + std::string("{\"channel\":\"") + channel +
            "\",\"at_ms\":" + std::to_string(latest.at_ms) + ",\"value\":";
    text.append(*latest.frame, latest.value_at, latest.frame->size() - latest.value_at - 1);
    text += "}";
  }
  return text + "]}";
}

}  // namespace robohub::live
