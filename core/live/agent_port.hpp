// One agent connection as a device sees it: somewhere to send text to. Implemented by gateway/; owned by the device's
// loop, and every call is on it.
#pragma once
#include <cstdint>
#include <string_view>

namespace robohub::live {

class AgentPort {
 public:
  virtual ~AgentPort() = default;
  // Queued as control: never dropped. An agent that does not take it is closed.
  virtual void send(std::string_view text) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
};

}  // namespace robohub::live
