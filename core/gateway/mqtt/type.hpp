// What a device behind the broker can do: of its plugin's type the part that its link carries, and what the
// configuration adds; without a plugin the configuration alone.
#pragma once
#include <set>
#include <string>

#include "gateway/mqtt/settings.hpp"
#include "live/link_facts.hpp"
#include "live/type_catalogue.hpp"

namespace robohub::gateway {

struct MqttType {
  live::InstalledTypePtr type;
  live::InstalledTypePtr installed;  // the plugin's own; null without a plugin
  std::set<std::string> translated;  // commands that the plugin's translator makes messages of, or checks
  bool translator_halts = false;
  live::HaltKind halt = live::HaltKind::none;
};

// Errors: invalid_argument, `where` names the setting ("devices.cat-laser.mqtt.commands.aim").
Result<MqttType> mqttTypeOf(const MqttDevice& device, const live::TypeCatalogue& catalogue);

}  // namespace robohub::gateway
