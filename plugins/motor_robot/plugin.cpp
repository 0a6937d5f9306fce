#include "motor_robot/driver.hpp"

RH_PLUGIN(motor_robot::Driver)
