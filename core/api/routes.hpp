// The routes of docs/PROTOCOL.md, section 1, by subject. Each function declares its routes; `context` must outlive the
// router.
#pragma once
#include "api/router.hpp"

namespace robohub::api {

void addSessionRoutes(Router& router, Context& context);
void addAccountRoutes(Router& router, Context& context);
void addUserRoutes(Router& router, Context& context);
void addTokenRoutes(Router& router, Context& context);
void addOidcRoutes(Router& router, Context& context);
void addDeviceRoutes(Router& router, Context& context);
void addEnrolmentRoutes(Router& router, Context& context);
void addPendingRoutes(Router& router, Context& context);
void addPluginRoutes(Router& router, Context& context);
void addBanRoutes(Router& router, Context& context);
void addTurnRoutes(Router& router, Context& context);
void addStopRoutes(Router& router, Context& context);
void addStreamRoutes(Router& router, Context& context);
void addTelemetryRoutes(Router& router, Context& context);
void addCaptureRoutes(Router& router, Context& context);
void addAgentRoutes(Router& router, Context& context);
void addBackupRoutes(Router& router, Context& context);
void addAuditRoutes(Router& router, Context& context);
void addCertificateRoutes(Router& router, Context& context);
void addLiveRoute(Router& router, Context& context);
// Describes all routes, whenever they are added. `router` must outlive its answers.
void addOpenApiRoute(Router& router, Context& context);
void addConfigRoutes(Router& router, Context& context);
void addHealthRoutes(Router& router, Context& context);
void addMetricsRoutes(Router& router, Context& context);
// Panels and, last, the page for every path that is left.
void addPageRoutes(Router& router, Context& context);

// What GET /api/v1/session answers; `person` null when nobody is signed in.
std::string sessionJson(const Context& context, const identity::Session* session);
std::string personJson(const identity::Person& person);
// {"watch","play","stop","moderate","administer"}: on that device, or on the whole hub.
std::string canJson(const Context& context, const identity::Session* session, const identity::Place* place = nullptr);

}  // namespace robohub::api
