// One device of the soak: an agent's control link without an agent, which outlives the hub and remembers every turn
// that it was granted, as an agent's fence does. It dials again at once, so that a round takes no longer than the hub.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "link/messages.hpp"
#include "net/websocket_client.hpp"
#include "soak/ledger.hpp"

namespace soak {

class Device {
 public:
  // `type` is installed with a manifest of this hash. The key is 32 bytes in base64url.
  Device(Ledger& ledger, std::string id, std::string key, std::string type, std::string manifest_hash);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // The hub listens again.
  void connect(std::uint16_t port);
  bool online() const { return online_; }

 private:
  void dial();
  void onText(std::string_view text);
  void beat();
  void say(const robohub::link::AgentMessage& message);

  Ledger& ledger_;
  const std::string id_, key_, type_, hash_;
  robohub::net::Loop loop_{"device"};
  std::atomic<bool> online_{false};
  // All below [loop]
  std::uint16_t port_ = 0;
  std::uint64_t links_ = 0;
  std::optional<robohub::link::StopFacts> stopped_;
  std::unique_ptr<robohub::net::Pending> dialling_;
  std::shared_ptr<robohub::net::WebSocket> socket_;
  std::thread thread_;
};

}  // namespace soak
