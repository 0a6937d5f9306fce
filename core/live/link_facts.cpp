#include "live/link_facts.hpp"

namespace robohub::live {

const char* toString(HaltKind halt) {
  switch (halt) {
    case HaltKind::local: return "local";
    case HaltKind::sent: return "sent";
    case HaltKind::none: return "none";
  }
  return "none";
}

LinkFacts factsBefore(device::Link link) {
  if (link == device::Link::agent) return {};
  return {.link = link, .fenced = false, .halt = HaltKind::sent};
}

}  // namespace robohub::live
