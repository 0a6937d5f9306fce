// What every route may use. Outlives the server; its parts are thread-safe or immutable.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/refused_pages.hpp"
#include "base/time.hpp"
#include "device/connection_history.hpp"
#include "device/registry.hpp"
#include "gateway/agent_link.hpp"
#include "identity/audit.hpp"
#include "identity/bans.hpp"
#include "identity/certificates.hpp"
#include "identity/identity.hpp"
#include "live/live_devices.hpp"
#include "net/certificate.hpp"
#include "net/static_files.hpp"

namespace robohub::identity {
class Oidc;
}

namespace robohub::gateway {
class Pending;
}

namespace robohub::media {
class Captures;
class Recorder;
struct Capture;
}  // namespace robohub::media

namespace robohub::store {
class Backups;
}

namespace robohub::telemetry {
class History;
}

namespace robohub::api {

class SessionCloser;
class Upkeep;

// What the configuration says about requests at this moment; a reload puts another one in its place. Immutable.
struct Policy {
  std::vector<std::string> origins;  // besides the page's own, as a browser writes them
};

// How the program of a device without our agent is started so that it comes here.
struct Instructions {
  std::string at_hub;     // what is typed at the hub before; "": nothing
  std::string at_device;  // the line that starts it; "": this hub has no port for such devices
};

struct Context {
  identity::Audit& audit;
  identity::Certificates& certificates;
  identity::Identity& identity;
  identity::Bans& bans;
  device::Registry& registry;
  device::ConnectionHistory& connections;
  live::LiveDevices& devices;
  live::Audiences& audiences;
  gateway::AgentGateway& agents;
  SessionCloser& session_closer;
  const Clock& clock;
  std::string version;
  std::string plugin_path;                                      // for the agent.yaml that enrolment prints
  std::string own_url;                                          // how devices may reach the hub, without the last slash
  std::shared_ptr<net::StaticFiles> page;                       // null: not built
  std::map<std::string, net::StaticFiles, std::less<>> panels;  // by "<type>/<version>"
  store::Backups* backups = nullptr;                            // never null once routes run
  // What the listener shows; null without TLS. [any-thread]
  std::function<std::shared_ptr<const net::CertificateFacts>()> server_certificate = nullptr;
  // Of the certificate that the listener shows, when the hub made it itself: "sha256:AA:BB:..", for agents to pin; else
  // "". [any-thread]
  std::function<std::string()> own_fingerprint = nullptr;
  std::shared_ptr<identity::Oidc> oidc = nullptr;  // null: no issuer is configured
  Upkeep* upkeep = nullptr;                        // never null once routes run
  telemetry::History* history = nullptr;           // null: none is kept
  media::Captures* captures = nullptr;             // never null once routes run
  media::Recorder* recorder = nullptr;             // the same
  gateway::Pending* pending = nullptr;             // never null once routes run
  // Of devices of this kind; `has_certificate`: one that others have signed is registered for it.
  std::map<device::Link, std::function<Instructions(const DeviceId&, bool has_certificate)>> instructions = {};
  const std::shared_ptr<RefusedPages> refused_pages = std::make_shared<RefusedPages>();
  std::shared_ptr<const Policy> newest_policy = std::make_shared<const Policy>();  // by the two functions below

  // [any-thread]
  std::shared_ptr<const Policy> policy() const { return std::atomic_load(&newest_policy); }
  void setPolicy(std::shared_ptr<const Policy> next) { std::atomic_store(&newest_policy, std::move(next)); }
};

}  // namespace robohub::api
