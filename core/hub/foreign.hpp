// Doors of the hub for devices without our agent: what they share, and one gateway for each old protocol. Ports are
// opened at the start; the sockets of devices live on their devices' loops.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/context.hpp"
#include "gateway/camera_figures.hpp"
#include "gateway/mqtt/figures.hpp"
#include "gateway/pending.hpp"
#include "hub/hub.hpp"
#include "hub/settings.hpp"

namespace robohub::hub {

// Made before the loops start, ended while they run.
class Foreign {
 public:
  explicit Foreign(Hub::Parts& parts);
  ~Foreign();
  Foreign(const Foreign&) = delete;
  Foreign& operator=(const Foreign&) = delete;

  // What the routes may know of it.
  void describe(api::Context& context);
  // Opens what the configuration asks for; after the devices have begun, before the loops start. Errors: an address in
  // use, a certificate that cannot be read.
  Status begin();
  // Of what a reload may change. [upkeep's thread]
  void configure(const Settings& settings);
  // "robot_tcp at 127.0.0.1:7070", one for each port that was opened.
  const std::vector<std::string>& doors() const { return doors_; }
  // Nothing without a broker. [any-thread]
  std::optional<gateway::MqttFigures> mqtt() const;
  gateway::CameraFigures cameras() const;
  // Every device that is connected is made safe and let go of, and nobody comes in any more. Blocks for a second at
  // most; the loops run.
  void end();

 private:
  struct Gateways;
  Hub::Parts& parts_;
  gateway::Pending pending_;
  std::unique_ptr<Gateways> gateways_;
  std::vector<std::string> doors_;
};

}  // namespace robohub::hub
