// How cameras that speak the cloudtalker's protocol come in: a TLS port of their own, GET /ds/v3 as a WebSocket, and a
// client's certificate that says which device it is: one that this hub's authority has issued for it, or one of
// somebody else's whose fingerprint is registered. No Origin is looked at (they send one that means nothing).
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/mutex.hpp"
#include "gateway/camera_figures.hpp"
#include "gateway/cloudtalker/settings.hpp"
#include "identity/certificates.hpp"
#include "live/live_devices.hpp"
#include "media/captures.hpp"
#include "net/http_server.hpp"
#include "net/tls_server_context.hpp"

namespace robohub::gateway {

class CloudtalkerConnection;
struct CloudtalkerTally;

// Thread-safe. Made before the loops start, let go of after they have ended.
class CloudtalkerGateway {
 public:
  // Follows revocations from now on. `captures` may be null.
  CloudtalkerGateway(net::LoopPool& loops, device::Registry& registry, live::LiveDevices& devices,
                     identity::Certificates& certificates, media::Captures* captures);
  ~CloudtalkerGateway();
  CloudtalkerGateway(const CloudtalkerGateway&) = delete;
  CloudtalkerGateway& operator=(const CloudtalkerGateway&) = delete;

  // What a certificate has to be is this gateway's to say: `tls` names the hub's own certificate and key only. Blocks.
  // Errors as TlsServerContext::load.
  Result<std::shared_ptr<const net::TlsServerContext>> load(net::TlsServerSettings tls) const;
  // Answers there from now on; returns the port. Errors as Listener::tcp. [one thread at a time]
  Result<std::uint16_t> listen(const config::Address& address, std::shared_ptr<const net::TlsServerContext> tls);
  // For connections from now on.
  void setTls(std::shared_ptr<const net::TlsServerContext> tls);
  // Registered fingerprints and what cameras are told, from now on. Who came with a fingerprint that is not registered
  // any more, or is another device's now, is cut.
  void configure(const CloudtalkerSettings& settings);
  // Ends every connection; nobody comes in any more. `done` on loop 0. Once.
  void end(std::function<void()> done);

  // Which device a client with this certificate is; not_found when it is nobody's. [any-thread]
  Result<DeviceId> deviceOf(const std::string& fingerprint) const;
  CloudtalkerFigures figures() const;

  // What the port hears. [the exchange's loop]
  void handle(const std::shared_ptr<net::Exchange>& exchange);

 private:
  class Door;
  struct Link {
    std::shared_ptr<CloudtalkerConnection> connection;
    std::string fingerprint;
    net::Loop* loop = nullptr;
    DeviceId device;
  };
  net::ClientCertificate lookUp(const std::string& fingerprint) const;
  // Whose certificate it is, whether or not that device comes by this link: as the configuration says, or of ours.
  std::optional<DeviceId> ownerOf(const std::string& fingerprint) const;
  std::int64_t idOf(const device::Device& device);
  void begin(const std::shared_ptr<live::LiveDevice>& device, const std::shared_ptr<net::WebSocket>& socket,
             const std::string& fingerprint, const std::string& address);
  void cut(const char* why, const std::function<bool(const Link&)>& which);
  void noteRefused(const std::string& fingerprint, const std::string& address, const std::string& why) const;

  device::Registry& registry_;
  live::LiveDevices& devices_;
  identity::Certificates& certificates_;
  media::Captures* const captures_;
  const std::unique_ptr<CloudtalkerTally> tally_;
  mutable Mutex mutex_;
  std::map<std::string, DeviceId> fingerprints_ RH_GUARDED_BY(mutex_);  // of the configuration
  std::map<DeviceId, std::int64_t> ids_ RH_GUARDED_BY(mutex_);          // given to cameras
  std::map<CloudtalkerConnection*, Link> links_ RH_GUARDED_BY(mutex_);
  std::int64_t heartbeat_s_ RH_GUARDED_BY(mutex_) = 10;
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::unique_ptr<net::HttpServer> server_;  // not guarded: made in the constructor
};

}  // namespace robohub::gateway
