// Which type counts for a LiveDevice while a link is up, what it means for the rules, and whether anybody may drive it
// then.
#include <algorithm>

#include "live/live_device.hpp"

namespace robohub::live {

control::ControlSettings LiveDevice::controlSettings() const {
  control::ControlSettings settings;
  settings.turns = turns_;
  if (!device_type_) return settings;
  const plugin::DeviceType& type = *device_type_->type;
  settings.holder_may_reset = type.hazards.empty();
  settings.players_may_reset =
      settings.holder_may_reset && std::none_of(type.commands.begin(), type.commands.end(),
                                                [](const plugin::Command& command) { return command.needs_turn; });
  if (type.deadman.count() > 0) settings.deadman = type.deadman;
  return settings;
}

void LiveDevice::takeTypeOf(const link::Hello& hello, std::optional<LinkFacts> facts) {
  facts_ = facts.value_or(LinkFacts{});
  if (facts) {
    device_type_ = facts_.type;
    if (device_type_)
      plugin_version_ = hello.plugin.version;
    else
      event(link::EventLevel::warning, control::EventKind::plugin,
            "The plugin " + type_ + " is not installed here; only stop works.");
    return;
  }
  plugin_version_ = hello.plugin.version;
  takeType();
  if (device_type_ && device_type_->manifest->hash != hello.plugin.manifest) {
    event(link::EventLevel::error, control::EventKind::plugin,
          "The agent's plugin says it is version " + plugin_version_ +
              ", but its manifest differs from the one installed here; only stop works.");
    device_type_ = nullptr;
  } else if (!device_type_) {
    event(link::EventLevel::warning, control::EventKind::plugin,
          "Version " + plugin_version_ + " of " + type_ + " is not installed here; only stop works.");
  }
}

void LiveDevice::expect(LinkFacts facts) {
  if (retired_ || control_port_) return;
  facts_ = std::move(facts);
  device_type_ = facts_.type;
  if (device_type_ && !plugin_version_.empty()) plugin_version_ = device_type_->manifest->version;
  makeStreams();
  control_.configure(controlSettings(), now(), effects_);
  if (!mayGiveTurns()) clearLine();
  changed_ = true;
  carryOut();
}

// Whether a type has hazards is known only with it; then who had joined before leaves again (clearLine).
Status LiveDevice::mayGiveTurns() const {
  if (!device_type_ || device_type_->type->hazards.empty()) return {};
  if (!services_.hazards_allowed)
    return fail(ErrorCode::permission_denied,
                "This hub can be reached without TLS, so it gives no turns on devices that could do harm.");
  if (facts_.fenced || (services_.accepts_unfenced && services_.accepts_unfenced(id_, facts_.link))) return {};
  return fail(
      ErrorCode::permission_denied,
      "Nothing at this device ends what it does when its link or this hub is lost, so no turns are given on it; "
      "the setting accept_unfenced takes that risk.");
}

void LiveDevice::clearLine() {
  const control::TurnView line = control_.turn(now());
  for (const control::PersonName& waiting : line.waiting) control_.revoke(waiting.id, now(), effects_);
  if (line.holder) control_.revoke(line.holder->id, now(), effects_);
}

}  // namespace robohub::live
