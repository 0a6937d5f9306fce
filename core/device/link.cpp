#include "device/link.hpp"

namespace robohub::device {

const char* toString(Link link) {
  switch (link) {
    case Link::agent: return "agent";
    case Link::mqtt: return "mqtt";
    case Link::robot_tcp: return "robot_tcp";
    case Link::cloudtalker: return "cloudtalker";
  }
  return "agent";
}

std::optional<Link> linkNamed(std::string_view text) {
  for (const Link link : {Link::agent, Link::mqtt, Link::robot_tcp, Link::cloudtalker})
    if (text == toString(link)) return link;
  return std::nullopt;
}

}  // namespace robohub::device
