// `robohub device ...`: enrol, list, revoke.
#pragma once
#include <string>
#include <vector>

namespace robohub::hub {

// As runCommand(), behind the word "device".
int runDeviceCommand(const std::vector<std::string>& arguments);

}  // namespace robohub::hub
