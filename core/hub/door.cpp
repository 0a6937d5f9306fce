#include "hub/door.hpp"

#include "identity/cookie.hpp"

namespace robohub::hub {

namespace {
constexpr std::size_t kMaxBody = 1024 * 1024;
constexpr std::size_t kMaxAnonymousBody = 64 * 1024;  // signing in and claims need far less
}  // namespace

Door::Door(api::Context& context) : context_(context), router_(context) {
  api::addSessionRoutes(router_, context);
  api::addDeviceRoutes(router_, context);
  api::addTurnRoutes(router_, context);
  api::addStopRoutes(router_, context);
  api::addStreamRoutes(router_, context);
  api::addAgentRoutes(router_, context);
  api::addBackupRoutes(router_, context);
  api::addLiveRoute(router_, context);
  api::addOpenApiRoute(router_, context);
  api::addPageRoutes(router_, context);
}

std::size_t Door::bodyLimit(const net::HttpHead& head) {
  if (head.peer.isLocal()) return kMaxBody;
  const auto token = identity::tokenFromCookies(head.headers.get("Cookie"), head.scheme == "https");
  return token && context_.identity.find(*token) ? kMaxBody : kMaxAnonymousBody;
}

}  // namespace robohub::hub
