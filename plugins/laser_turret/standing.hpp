// Where the servos stand already when a driver opens: its predecessor may have been killed while the chip went on.
#pragma once
#include <optional>

#include "hw/i2c.hpp"
#include "laser_turret/calibration.hpp"
#include "laser_turret/settings.hpp"

namespace laser_turret {

// Reads the PCA9685 and writes nothing. Gives the counts of both channels when the chip is awake at the settings'
// frequency and each of the two gives a plain pulse within the servos' limits; nothing when it is asleep, as after
// power-up, or was set up otherwise. Of a bus that fails, `status` tells.
std::optional<Counts> standingCounts(rh::hw::I2cDevice& bus, const Settings& settings, rh::hw::IoStatus& status);

}  // namespace laser_turret
