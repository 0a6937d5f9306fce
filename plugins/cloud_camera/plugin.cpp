#include "cloud_camera/driver.hpp"

RH_PLUGIN(cloud_camera::Driver)
