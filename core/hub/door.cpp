#include "hub/door.hpp"

#include <set>

#include "api/upkeep.hpp"
#include "hub/counted_exchange.hpp"
#include "identity/cookie.hpp"

namespace robohub::hub {

namespace {
constexpr std::size_t kMaxBody = 1024 * 1024;
// Signing in and claims need far less. A guest is whoever typed a name.
constexpr std::size_t kMaxAnonymousBody = 64 * 1024;
// What fills the disk and can be done tomorrow. Everything else is tried, also when the disk is full. A backup looks
// itself at the disk that it is to go to, which may be another one.
bool canWait(const net::HttpHead& head) {
  static const std::set<std::string, std::less<>> kCanWait{"/api/v1/devices", "/api/v1/users", "/api/v1/tokens",
                                                           "/api/v1/certificates", "/api/v1/account/tokens"};
  return head.method == "POST" && kCanWait.contains(head.path);
}

}  // namespace

Door::Door(api::Context& context, AnswerTally& answers) : context_(context), answers_(answers), router_(context) {
  api::addSessionRoutes(router_, context);
  api::addOidcRoutes(router_, context);
  api::addAccountRoutes(router_, context);
  api::addUserRoutes(router_, context);
  api::addTokenRoutes(router_, context);
  api::addDeviceRoutes(router_, context);
  api::addEnrolmentRoutes(router_, context);
  api::addPendingRoutes(router_, context);
  api::addPluginRoutes(router_, context);
  api::addBanRoutes(router_, context);
  api::addTurnRoutes(router_, context);
  api::addStopRoutes(router_, context);
  api::addStreamRoutes(router_, context);
  api::addTelemetryRoutes(router_, context);
  api::addCaptureRoutes(router_, context);
  api::addAgentRoutes(router_, context);
  api::addBackupRoutes(router_, context);
  api::addAuditRoutes(router_, context);
  api::addCertificateRoutes(router_, context);
  api::addLiveRoute(router_, context);
  api::addOpenApiRoute(router_, context);
  api::addConfigRoutes(router_, context);
  api::addHealthRoutes(router_, context);
  api::addMetricsRoutes(router_, context);
  api::addPageRoutes(router_, context);
}

void Door::handle(std::shared_ptr<net::Exchange> exchange) {
  auto counted = std::make_shared<CountedExchange>(std::move(exchange), answers_);
  if (canWait(counted->head()) && !context_.upkeep->roomForExtras()) {
    constexpr int kInsufficientStorage = 507;
    const Error error{ErrorCode::exhausted,
                      "The disk of the hub is nearly full, and what is left is kept for stops and turns. Free some "
                      "space there; nothing needs a restart.",
                      ""};
    return api::Request{counted, std::nullopt, {}, {}}.answer(error, kInsufficientStorage);
  }
  router_.handle(counted);
}

std::size_t Door::bodyLimit(const net::HttpHead& head) {
  if (head.peer.isLocal()) return kMaxBody;
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view authorization = head.headers.get("Authorization");
  if (net::equalsIgnoringCase(authorization.substr(0, kBearer.size()), kBearer))
    return context_.identity.findToken(authorization.substr(kBearer.size())) ? kMaxBody : kMaxAnonymousBody;
  const auto token = identity::tokenFromCookies(head.headers.get("Cookie"), head.scheme == "https");
  const auto session = token ? context_.identity.find(*token) : std::nullopt;
  return session && session->person.kind != identity::PersonKind::guest ? kMaxBody : kMaxAnonymousBody;
}

}  // namespace robohub::hub
