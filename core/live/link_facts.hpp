// What a link says about the device at its end: whether somebody there makes it safe when the link is lost, and of
// which type it is. A link of our agent says it by its hello; others bring it along. Immutable.
#pragma once
#include "device/link.hpp"
#include "live/type_catalogue.hpp"

namespace robohub::live {

enum class HaltKind {
  local,  // the device makes itself safe when the link is lost
  sent,   // stop is a message that nothing confirms
  none,   // nobody can stop it from here
};
const char* toString(HaltKind halt);

struct LinkFacts {
  device::Link link = device::Link::agent;
  bool fenced = true;  // what permits is at the device itself, and a confirmed stop is one
  HaltKind halt = HaltKind::local;
  // What the device can do over this link, often less than its plugin's type (typeFrom). Null: the plugin is not
  // installed here, and only stop works.
  InstalledTypePtr type = nullptr;
};

// What is known before a link is up: our agents are fenced, the others not.
LinkFacts factsBefore(device::Link link);

}  // namespace robohub::live
