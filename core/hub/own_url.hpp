// How devices reach this hub, as far as it can know by itself: what it listens at is often no address that anybody
// could dial. For what an enrolment prints; whoever knows better says so there. Pure but for this machine's name.
// [any-thread]
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "hub/settings.hpp"

namespace robohub::hub {

// The host of an address to listen at; this machine's name where that means all of its addresses.
std::string reachableHost(const std::string& listen_host);

// "https://host:port" of the listener.
std::string ownUrl(const Settings& say, std::uint16_t port);

// What the hub may be called, besides localhost and this machine's own names: for the certificate that it makes.
std::vector<std::string> certificateNames(const Settings& say);

}  // namespace robohub::hub
