// How devices with our agent come in: GET /api/v1/agent, one control and one bulk WebSocket each (docs/PROTOCOL.md,
// section 3.2). An authenticated socket is handed to its device's loop, and only there anything of it is read.
#pragma once
#include <memory>

#include "device/registry.hpp"
#include "live/live_devices.hpp"
#include "net/http_server.hpp"

namespace robohub::gateway {

// Thread-safe. Outlives the loops' connections.
class AgentGateway {
 public:
  AgentGateway(device::Registry& registry, live::LiveDevices& devices) : registry_(registry), devices_(devices) {}

  // Answers the upgrade. Refusals: unauthenticated (void or wrong key), invalid_argument (no such subprotocol), which
  // the caller answers. [the exchange's loop]
  Status accept(const std::shared_ptr<net::Exchange>& exchange);

 private:
  device::Registry& registry_;
  live::LiveDevices& devices_;
};

}  // namespace robohub::gateway
