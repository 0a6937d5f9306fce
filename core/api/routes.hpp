// The routes of docs/PROTOCOL.md, section 1, by subject. Each function declares its routes; `context` must outlive the
// router.
#pragma once
#include "api/router.hpp"

namespace robohub::api {

void addSessionRoutes(Router& router, Context& context);
void addDeviceRoutes(Router& router, Context& context);
void addTurnRoutes(Router& router, Context& context);
void addStopRoutes(Router& router, Context& context);
void addStreamRoutes(Router& router, Context& context);
void addAgentRoutes(Router& router, Context& context);
void addBackupRoutes(Router& router, Context& context);
void addLiveRoute(Router& router, Context& context);
// Describes all routes, whenever they are added. `router` must outlive its answers.
void addOpenApiRoute(Router& router, Context& context);
// Health, panels and, last, the page for every path that is left.
void addPageRoutes(Router& router, Context& context);

// {"person","can","guests","setup_needed","version"}; `person` null when nobody is signed in.
std::string sessionJson(const Context& context, const identity::Session* session);
std::string personJson(const identity::Person& person);
std::string canJson(const Context& context, const identity::Session* session);

}  // namespace robohub::api
