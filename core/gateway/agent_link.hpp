// How devices with our agent come in: GET /api/v1/agent, one control and one bulk WebSocket each (docs/PROTOCOL.md,
// section 3.2). An authenticated socket is handed to its device's loop, and only there anything of it is read.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.hpp"
#include "device/registry.hpp"
#include "gateway/settings.hpp"
#include "identity/certificates.hpp"
#include "live/live_devices.hpp"
#include "net/http_server.hpp"

namespace robohub::media {
class Captures;
}

namespace robohub::gateway {

class AgentConnection;

// Thread-safe. Outlives the loops' connections.
class AgentGateway {
 public:
  // Follows the revocation of certificates from now on; before the loops start.
  AgentGateway(device::Registry& registry, live::LiveDevices& devices, identity::Certificates& certificates);

  // Of links that come in from now on. [any-thread]
  void ask(ClientCertificates certificates) { asked_.store(certificates); }

  // A link that says nothing is closed after this time. Before the loops start.
  void setHelloWithin(Duration limit) { hello_within_ = limit; }

  // Where captures of agents go. Before the loops start; it must outlive their connections.
  void keepCaptures(media::Captures* captures) { captures_ = captures; }

  // Answers the upgrade. Refusals: unauthenticated (void or wrong key), permission_denied (no certificate where one is
  // required, or one that is not this device's, revoked or expired), invalid_argument (no such subprotocol), which the
  // caller answers. [the exchange's loop]
  Status accept(const std::shared_ptr<net::Exchange>& exchange);

 private:
  Status checkCertificate(const DeviceId& device, const std::string& fingerprint) const;
  void begin(const std::shared_ptr<live::LiveDevice>& device, const std::shared_ptr<net::WebSocket>& socket,
             const std::string& fingerprint, const std::string& address);
  void closeLinksOf(const std::string& fingerprint);

  struct Link {
    std::weak_ptr<AgentConnection> connection;
    net::Loop* loop;
  };
  Duration hello_within_ = std::chrono::seconds(5);
  device::Registry& registry_;
  live::LiveDevices& devices_;
  identity::Certificates& certificates_;
  media::Captures* captures_ = nullptr;
  std::atomic<ClientCertificates> asked_{ClientCertificates::off};
  Mutex mutex_;
  std::multimap<std::string, Link> links_ RH_GUARDED_BY(mutex_);  // by the fingerprint that they came with
};

}  // namespace robohub::gateway
