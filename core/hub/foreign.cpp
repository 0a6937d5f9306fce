#include "hub/foreign.hpp"

#include "gateway/mqtt_gateway.hpp"
#include "hub/log.hpp"
#include "hub/parts.hpp"

namespace robohub::hub {

// In the order in which they are made.
struct Foreign::Gateways {
  std::unique_ptr<gateway::MqttGateway> mqtt;  // null without a broker
};

Foreign::Foreign(Hub::Parts& parts) : parts_(parts), pending_(parts.clock), gateways_(std::make_unique<Gateways>()) {}

Foreign::~Foreign() = default;

void Foreign::describe(api::Context& context) {
  context.pending = &pending_;
}

Status Foreign::begin() {
  if (const auto& mqtt = parts_.settings_now->mqtt; !mqtt.broker.url.empty()) {
    gateways_->mqtt = std::make_unique<gateway::MqttGateway>(
        *parts_.loops, *parts_.devices, *parts_.registry, mqtt,
        [](link::EventLevel level, const std::string& text) { log(level, text); });
    gateways_->mqtt->begin();
  }
  return {};
}

void Foreign::configure(const Settings&) {}

std::optional<gateway::MqttFigures> Foreign::mqtt() const {
  if (!gateways_->mqtt) return std::nullopt;
  return gateways_->mqtt->figures();
}

void Foreign::end() {
  if (gateways_->mqtt) gateways_->mqtt->end();
}

}  // namespace robohub::hub
