// The agent's side of a LiveDevice: its two links, what they bring, and their loss.
#include <sodium.h>

#include "base/text.hpp"
#include "live/live_device.hpp"
#include "net/websocket.hpp"

namespace robohub::live {

namespace {

constexpr std::size_t kMaxEventBytes = 1024;

// At most so many bytes, and dots where there was more.
std::string cutText(const std::string& text, std::size_t longest) {
  if (text.size() <= longest) return text;
  return std::string(beginningOf(text, longest)) + "...";
}

std::string randomHex128() {
  unsigned char bytes[16];
  randombytes_buf(bytes, sizeof bytes);
  char text[33];
  sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
  return text;
}

}  // namespace

void LiveDevice::agentOnline(std::shared_ptr<AgentPort> port, const link::Hello& hello, const std::string& address,
                             std::optional<LinkFacts> facts) {
  if (retired_) {
    port->send(link::Refused{"not_found", "This device is no longer enrolled."});
    port->close(link::kCloseRefused, "no longer enrolled");
    return;
  }
  if (hello.plugin.type != type_) {
    const std::string why =
        "This device is enrolled as a " + type_ + ", but the agent runs a " + hello.plugin.type + ".";
    event(link::EventLevel::error, control::EventKind::plugin, why);
    carryOut();
    agentRefused(address, hello, why);
    port->send(link::Refused{"conflict", why});
    port->close(link::kCloseRefused, "another device type");
    return;
  }
  if (control_port_) {
    control_port_->close(link::kCloseReplaced, "another link of this device came");
    agentGone("replaced by a new link");
  }
  control_port_ = std::move(port);
  nonce_ = hello.nonce;
  link_id_ = randomHex128();
  agent_address_ = address;
  agent_version_ = hello.agent;
  online_since_ = now();
  takeTypeOf(hello, std::move(facts));
  agent_clock_.reset();
  tellHistory();
  makeStreams();
  if (services_.connections)
    services_.connections->note(id_, {.kind = device::ConnectionRow::Kind::connected,
                                      .address = address,
                                      .agent = agent_version_,
                                      .plugin = plugin_version_});
  services_.registry.saveSeen(id_, plugin_version_, hello.plugin.manifest, [](Status) {});
  presence_ = Presence::online;
  since_ms_ = toMs(services_.clock.wall());
  changed_ = true;

  control_.configure(controlSettings(), now(), effects_);
  if (const Status safe = mayGiveTurns(); !safe) {
    clearLine();
    event(link::EventLevel::warning, control::EventKind::plugin, safe.error().message);
  }
  link::Welcome welcome;
  welcome.hub = services_.hub_version;
  welcome.link = link_id_;
  welcome.beat_ms = toMs(controlSettings().beat_interval);
  welcome.epoch_floor = control_.epochFloor();
  welcome.turn = control_.turn(now()).epoch;
  control_port_->send(welcome);
  event(link::EventLevel::info, control::EventKind::presence, "The device is online.");
  control_.agentOnline({hello.nonce, hello.epoch, hello.stopped, device_type_ != nullptr}, since_ms_, now(), effects_);
  carryOut();
}

void LiveDevice::agentRefused(const std::string& address, const link::Hello& hello, const std::string& why) {
  if (services_.connections)
    services_.connections->note(id_, {.kind = device::ConnectionRow::Kind::refused,
                                      .address = address,
                                      .agent = hello.agent,
                                      .plugin = hello.plugin.version,
                                      .reason = why});
}

void LiveDevice::agentAbsent(const std::string& address, const link::Hello& hello, const std::string& why) {
  agentRefused(address, hello, why);
  event(link::EventLevel::warning, control::EventKind::presence, "The device is offline: " + why + ".");
  carryOut();
}

void LiveDevice::agentMessage(const link::Nonce& nonce, const link::AgentMessage& message) {
  if (const auto* value = std::get_if<link::Telemetry>(&message)) {
    if (nonce == nonce_ && control_port_) telemetry(*value);
    // To the rules it is but a sign of life; deadlines have their timer.
    return control_.heard(nonce, now());
  } else if (const auto* beat = std::get_if<link::AgentBeat>(&message)) {
    if (nonce == nonce_) agent_clock_.heard(beat->t_ns, now());
  } else if (const auto* said = std::get_if<link::AgentEvent>(&message)) {
    if (nonce == nonce_ && control_port_) {
      if (!events_said_.take(now())) {
        complain(many_events_, "An event was", "events were", "too many come at once, and are left out");
        return control_.heard(nonce, now());
      }
      event(said->level, control::EventKind::plugin, cutText(said->text, kMaxEventBytes));
    }
  }
  control_.agentMessage(nonce, message, now(), effects_);
  carryOut();
}

void LiveDevice::agentLost(const link::Nonce& nonce, const char* why) {
  control_.agentLost(nonce, now(), effects_);
  if (nonce == nonce_ && control_port_) agentGone(why);
  carryOut();
}

// The control link is gone, whoever noticed it; the rules have been told or have told us.
void LiveDevice::agentGone(const char* why) {
  event(link::EventLevel::warning, control::EventKind::presence, std::string("The device is offline: ") + why + ".");
  if (services_.connections)
    services_.connections->note(id_, {.kind = device::ConnectionRow::Kind::lost,
                                      .address = agent_address_,
                                      .agent = agent_version_,
                                      .plugin = plugin_version_,
                                      .reason = why,
                                      .for_ms = toMs(now() - online_since_)});
  control_port_.reset();
  nonce_ = {};
  link_id_.clear();
  if (bulk_port_) bulk_port_->close(1000, "the control link is gone");
  bulk_port_.reset();
  presence_ = Presence::offline;
  since_ms_ = toMs(services_.clock.wall());
  changed_ = true;
  for (const auto all = std::atomic_load(&streams_); const auto& [name, pictures] : *all)
    if (!sources_.contains(name)) pictures->sourceLost();
  soundsLost();
}

bool LiveDevice::bulkOnline(std::shared_ptr<AgentPort> port, std::string_view link) {
  if (retired_ || !control_port_ || link != link_id_) return false;
  if (bulk_port_) bulk_port_->close(link::kCloseReplaced, "another link of this device came");
  bulk_port_ = std::move(port);
  bulk_port_->send(link::BulkWelcome{});
  for (const auto all = std::atomic_load(&streams_); const auto& [name, pictures] : *all)
    if (pictures->wanted()) sendWatch(name, true);
  for (const auto all = std::atomic_load(&sounds_); const auto& [name, sound] : *all)
    if (sound->wanted()) sendWatch(name, true);
  return true;
}

void LiveDevice::bulkLost(const AgentPort* port) {
  if (bulk_port_.get() != port) return;
  bulk_port_.reset();
  for (const auto all = std::atomic_load(&streams_); const auto& [name, pictures] : *all)
    if (!sources_.contains(name)) pictures->sourceLost();
  soundsLost();
}

}  // namespace robohub::live
