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

// "host:port" by which cameras with the cloudtalker's program reach their port here; "": there is none.
std::string cameraAddress(const Settings& say, std::uint16_t port);

// What server.origins lacks of a certificate's names, as origins: by these people would call the hub, and nobody could
// sign in. Nothing where one of the names is listed, or where none needs it.
std::vector<std::string> unlistedOrigins(const std::vector<std::string>& certificate_names, const Settings& say);

// What the hub may be called, besides localhost and this machine's own names: for the certificate that it makes. What
// no certificate can name is left out.
std::vector<std::string> certificateNames(const Settings& say);

}  // namespace robohub::hub
