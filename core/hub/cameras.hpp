// Cameras without our agent, as a hub has them: those that come by the cloudtalker's protocol to a port of their own,
// and those that it reads by URL.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/context.hpp"
#include "base/mutex.hpp"
#include "gateway/cloudtalker/gateway.hpp"
#include "gateway/mjpeg_pull.hpp"
#include "hub/hub.hpp"
#include "hub/settings.hpp"

namespace robohub::hub {

// Made before the loops start and ended while they run.
class Cameras {
 public:
  explicit Cameras(Hub::Parts& parts);
  ~Cameras();
  Cameras(const Cameras&) = delete;
  Cameras& operator=(const Cameras&) = delete;

  // What the routes may know of them.
  void describe(api::Context& context);
  // After the devices have begun, before the loops start. A port that cannot be opened is told, and tried again; its
  // line ("cloudtalker at 127.0.0.1:8443") is added when it could.
  void begin(std::vector<std::string>& doors);
  // Of what a reload may change. [upkeep's thread]
  void configure(const Settings& settings);
  // Blocks for a second or so.
  void end();
  gateway::CameraFigures figures() const;  // [any-thread]

 private:
  Status open(const Settings& say);
  std::string door() const;
  void openLater();
  void openAgain();
  struct Enrolled;
  void attachRegistered(const Settings& say);
  std::string addressFor() const;
  Result<std::shared_ptr<const net::TlsServerContext>> loadTls(const Settings& say) const;
  void noteShown(const Settings& say, const net::TlsServerContext& tls);

  Hub::Parts& parts_;
  std::unique_ptr<gateway::CloudtalkerGateway> talkers_;
  std::unique_ptr<gateway::MjpegPulls> pulls_;
  const std::shared_ptr<Enrolled> enrolled_;
  mutable Mutex mutex_;
  std::string door_fault_ RH_GUARDED_BY(mutex_), door_ RH_GUARDED_BY(mutex_);
  std::uint16_t port_ RH_GUARDED_BY(mutex_) = 0;
  std::optional<std::int64_t> certificate_expires_ms_ RH_GUARDED_BY(mutex_);
  bool own_certificate_ RH_GUARDED_BY(mutex_) = false;
  std::unique_ptr<net::HelperThread> opener_ RH_GUARDED_BY(mutex_);  // while the port is to be tried again
};

}  // namespace robohub::hub
