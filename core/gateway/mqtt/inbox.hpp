// Messages of the broker that wait for a loop, bounded. While there is room all of them wait in their order. Behind
// that values give way: the newest of a topic takes the place of the one that waits, and one of which none waits is
// left out; what counts (that a device is there, that it has stopped, how a command ended) has as much room again.
//
// Not thread-safe.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/mqtt/client.hpp"

namespace robohub::gateway {

class MqttInbox {
 public:
  // Asked only when there is no room.
  using Counts = std::function<bool(const std::string& topic)>;

  MqttInbox(std::size_t most_messages, std::size_t most_bytes)
      : most_messages_(most_messages), most_bytes_(most_bytes) {}

  // False: it, or an older one of its topic, was left out.
  bool put(MqttIncoming message, const Counts& counts);
  // All that wait; none wait any more.
  std::vector<MqttIncoming> take();

 private:
  bool fits(std::size_t bytes, std::size_t times) const {
    return waiting_.size() < times * most_messages_ && bytes_ + bytes <= times * most_bytes_;
  }
  void append(MqttIncoming message);

  const std::size_t most_messages_, most_bytes_;
  std::vector<MqttIncoming> waiting_;
  std::size_t bytes_ = 0;                                // of their payloads
  std::unordered_map<std::string, std::size_t> newest_;  // by topic, in `waiting_`; made when there is no room
};

}  // namespace robohub::gateway
