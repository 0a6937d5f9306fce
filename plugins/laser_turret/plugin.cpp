#include "laser_turret/driver.hpp"

RH_PLUGIN(laser_turret::Driver)
