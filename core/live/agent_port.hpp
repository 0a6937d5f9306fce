// One agent connection as a device sees it: somewhere to send messages to. Implemented by gateway/; owned by the
// device's loop, and every call is on it. What is said in return comes after the call, never from within it.
#pragma once
#include <cstdint>
#include <string_view>

#include "link/messages.hpp"

namespace robohub::live {

class AgentPort {
 public:
  virtual ~AgentPort() = default;
  // Queued as control: never dropped. An agent that does not take it is closed.
  virtual void send(std::string_view text) = 0;
  // The same as a structure, of which a stop goes before all that waits; what is at the hub itself needs no text.
  virtual void send(const link::HubMessage& message) { send(std::string_view(link::encode(message))); }
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
};

}  // namespace robohub::live
