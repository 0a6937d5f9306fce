#include "hub/foreign.hpp"

#include "gateway/mqtt/gateway.hpp"
#include "gateway/robot_tcp/gateway.hpp"
#include "hub/cameras.hpp"
#include "hub/log.hpp"
#include "hub/parts.hpp"

namespace robohub::hub {

// In the order in which they are made.
struct Foreign::Gateways {
  std::unique_ptr<gateway::RobotGateway> robots;
  std::unique_ptr<gateway::MqttGateway> mqtt;  // null without a broker
  std::unique_ptr<Cameras> cameras;
};

Foreign::Foreign(Hub::Parts& parts) : parts_(parts), pending_(parts.clock), gateways_(std::make_unique<Gateways>()) {
  gateways_->cameras = std::make_unique<Cameras>(parts);
}

Foreign::~Foreign() = default;

void Foreign::describe(api::Context& context) {
  context.pending = &pending_;
  gateways_->cameras->describe(context);
}

Status Foreign::begin() {
  if (const auto& mqtt = parts_.settings_now->mqtt; !mqtt.broker.url.empty()) {
    gateways_->mqtt = std::make_unique<gateway::MqttGateway>(
        *parts_.loops, *parts_.devices, *parts_.registry, mqtt,
        [](link::EventLevel level, const std::string& text) { log(level, text); });
    gateways_->mqtt->begin();
  }
  gateways_->robots = std::make_unique<gateway::RobotGateway>(
      gateway::RobotGateway::Places{*parts_.loops, *parts_.registry, *parts_.devices, *parts_.identity, pending_},
      parts_.settings_now->robots);
  auto robots = gateways_->robots->begin();
  if (!robots) return fail(std::move(robots.error()));
  doors_.insert(doors_.end(), robots->begin(), robots->end());
  gateways_->cameras->begin(doors_);
  return {};
}

void Foreign::configure(const Settings& settings) {
  gateways_->robots->configure(settings.robots);
  gateways_->cameras->configure(settings);
}

gateway::CameraFigures Foreign::cameras() const {
  return gateways_->cameras->figures();
}

std::optional<gateway::MqttFigures> Foreign::mqtt() const {
  if (!gateways_->mqtt) return std::nullopt;
  return gateways_->mqtt->figures();
}

void Foreign::end() {
  gateways_->robots->end(std::chrono::seconds(1));
  if (gateways_->mqtt) gateways_->mqtt->end();
  gateways_->cameras->end();
}

}  // namespace robohub::hub
