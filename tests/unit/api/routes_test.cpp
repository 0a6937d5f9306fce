// Every route and every message of the live socket with its permission, kept by hand: whoever adds or changes one has
// to say so here, too.
#include "api/routes.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "api/live_socket.hpp"
#include "api/session_closer.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;

namespace {

const std::set<std::string> kRoutes{
    "GET /api/v1/session public",
    "POST /api/v1/session public",
    "DELETE /api/v1/session public",
    "POST /api/v1/setup public",
    "GET /api/v1/devices watch",
    "POST /api/v1/devices administer",
    "GET /api/v1/devices/{id} watch",
    "DELETE /api/v1/devices/{id} administer",
    "POST /api/v1/devices/{id}/commands/{name} play",
    "GET /api/v1/devices/{id}/turn watch",
    "POST /api/v1/devices/{id}/turn play",
    "DELETE /api/v1/devices/{id}/turn play",
    "POST /api/v1/devices/{id}/stop stop",
    "POST /api/v1/stop stop",
    // The rules know more: administrators, or the holder where nothing is hazardous.
    "POST /api/v1/devices/{id}/stop/reset play",
    "GET /api/v1/devices/{id}/streams/{file} watch",
    "POST /api/v1/agent/claim public",
    "GET /api/v1/agent public",
    "GET /api/v1/live watch",
    "GET /api/v1/openapi.json public",
    "GET /healthz public",
    "GET /readyz public",
    "GET /plugins/{type}/{version}/{file...} watch",
    "GET /{path...} public",
};

const std::set<std::string> kMessages{
    "watch_list watch", "unwatch_list watch", "watch watch", "unwatch watch", "join play",  "drive play", "leave play",
    "beat play",        "command play",       "stop stop",   "stop_all stop", "reset play", "ping watch",
};

}  // namespace

TEST_CASE("Every route is declared with the permission that the table says") {
  live::test::LiveBench bench;
  identity::Settings settings;
  const auto people = identity::Identity::open(*bench.data, *bench.database, settings, bench.clock).value();
  api::SessionCloser closer(*bench.loops, *people, bench.clock);
  gateway::AgentGateway agents(*bench.registry, *bench.devices);
  api::Context context{*people,
                       *bench.registry,
                       *bench.devices,
                       *bench.audiences,
                       agents,
                       closer,
                       bench.clock,
                       "0.1.0",
                       {},
                       "plugins",
                       "",
                       nullptr,
                       {}};
  api::Router router(context);
  api::addSessionRoutes(router, context);
  api::addDeviceRoutes(router, context);
  api::addTurnRoutes(router, context);
  api::addStopRoutes(router, context);
  api::addStreamRoutes(router, context);
  api::addAgentRoutes(router, context);
  api::addLiveRoute(router, context);
  api::addOpenApiRoute(router, context);
  api::addPageRoutes(router, context);
  const auto list = router.list();
  CHECK(std::set<std::string>(list.begin(), list.end()) == kRoutes);
  CHECK(list.size() == kRoutes.size());
  bench.database->close();
}

TEST_CASE("Every message of the live socket is declared with the permission that the table says") {
  const auto list = api::liveMessages();
  CHECK(std::set<std::string>(list.begin(), list.end()) == kMessages);
  CHECK(list.size() == kMessages.size());
}
