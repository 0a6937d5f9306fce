// The part `mqtt` of robohub.yaml, and `mqtt` of a device there.
#pragma once
#include <string>

#include "config/section.hpp"
#include "gateway/mqtt/settings.hpp"

namespace robohub::hub {

// Errors are the section's: no broker, a certificate without its key.
void readMqtt(config::Section& section, gateway::MqttBroker& broker);
// `device`: what stands below the device's id; asks for type, name and mqtt. Errors: topics that are
// none, templates with unknown names, bounds that are missing or the wrong way round.
void readMqttDevice(const std::string& id, bool accept_unfenced, config::Section& device,
                    gateway::MqttSettings& settings);
// After all devices. `file`: the whole of it. Errors: devices without a broker.
void checkMqtt(config::Section& file, const gateway::MqttSettings& settings);

}  // namespace robohub::hub
