// What every route may use. Outlives the server; its parts are thread-safe or immutable.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "device/registry.hpp"
#include "gateway/agent_link.hpp"
#include "identity/audit.hpp"
#include "identity/identity.hpp"
#include "live/live_devices.hpp"
#include "net/static_files.hpp"

namespace robohub::api {

class SessionCloser;

struct Context {
  identity::Audit& audit;
  identity::Identity& identity;
  device::Registry& registry;
  live::LiveDevices& devices;
  live::Audiences& audiences;
  gateway::AgentGateway& agents;
  SessionCloser& session_closer;
  const Clock& clock;
  std::string version;
  std::vector<std::string> origins;        // besides the page's own, as a browser writes them
  std::string plugin_path;                 // for the agent.yaml that enrolment prints
  std::string own_url;                     // how this machine reaches the hub, without the last slash
  std::shared_ptr<net::StaticFiles> page;  // null: not built
  std::map<std::string, net::StaticFiles, std::less<>> panels;  // by "<type>/<version>"
};

}  // namespace robohub::api
