// The hub's side of a turret that is still driven by the older program: it takes "X,Y" by MQTT, and dies of a point
// that its servos cannot reach, with the laser still on. So every click is put through the turret's own calibration
// here, and what it could not reach is refused before anything is sent.
#pragma once
#include <string>

#include "laser_turret/calibration.hpp"
#include "laser_turret/settings.hpp"
#include "rh/translator.hpp"

namespace laser_turret {

class CatLaser final : public rh::Translator {
 public:
  // Configuration: `calibration_file` (the older program's own, needed), `topic` ("catlaser/target"), `servo` and
  // `keep_out` as for the driver. Throws rh::Fault with what is wrong.
  explicit CatLaser(rh::Context context);

  // `aim` only: one message, two whole decimal numbers.
  bool encode(const rh::LinkCommand& command, const rh::Outbox& out) override;

 private:
  std::string topic_;
  Settings settings_;
  Calibration calibration_;
};

}  // namespace laser_turret
