// MQTT's topics (MQTT 3.1.1, section 4.7). Pure. [any-thread]
#pragma once
#include <string_view>

namespace robohub::gateway {

// The longest payload that the hub sends or takes, in bytes.
inline constexpr std::size_t kMaxMqttPayload = 64 * 1024;

// A topic that can be published to: 1 to 1,024 bytes of UTF-8 without wildcards, NUL and control characters, not below
// "$" (the broker's own).
bool isMqttTopic(std::string_view topic);
// One that can be subscribed to: the same, where "+" may stand for a level and a last "#" for the rest.
bool isMqttFilter(std::string_view filter);
bool matchesMqttFilter(std::string_view filter, std::string_view topic);

}  // namespace robohub::gateway
