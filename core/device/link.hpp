// By what kind of link a device comes to the hub: with our agent, or as the older systems' devices come, without one.
// [any-thread]
#pragma once
#include <optional>
#include <string_view>

namespace robohub::device {

enum class Link { agent, mqtt, robot_tcp, cloudtalker };

// As it stands in JSON and in the database.
const char* toString(Link link);
// Absent for any other text.
std::optional<Link> linkNamed(std::string_view text);

}  // namespace robohub::device
