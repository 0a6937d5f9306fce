// Which files a driver's process may open: what programs need of the system, hardware, its own folders, and what the
// operator's settings name; never what the agent keeps for itself.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plugin/driver_bounds.hpp"

namespace robohub::plugin {

// The texts of a driver's settings that may be paths: those with a slash, at most 64; relative ones as this process
// would open them. [any-thread]
std::vector<std::filesystem::path> pathsIn(const std::string& config);

// For this thread and what it starts, for good (process/file_fence.hpp). Nothing happens without a private_folder.
// Errors: unsupported, internal.
Status fenceFiles(const DriverBounds& bounds);

}  // namespace robohub::plugin
