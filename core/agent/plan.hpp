// Everything that can be found wrong before anything is opened, dialled or written: what `--check` says and a start
// needs.
#pragma once
#include <string>
#include <vector>

#include "agent/hub_address.hpp"
#include "agent/settings.hpp"
#include "base/ids.hpp"
#include "config/file.hpp"
#include "plugin/scan.hpp"

namespace robohub::agent {

struct Plan {
  Settings settings;
  HubAddress hub;
  DeviceId device;
  plugin::InstalledPlugin plugin;
  const plugin::DeviceType* type = nullptr;  // of plugin.manifest
  std::vector<Error> left_out;               // other plugins of that folder, a newer version of this one perhaps
  net::HttpUrl camera;                       // with the source mjpeg
  std::filesystem::path host_program;        // with the host child

  // What a start would do, for a person; several lines.
  std::string describe() const;
};

// Reads the file and finds the plugin. `programs`: the folder of the driver's host program. All errors; the plan counts
// only when there are none. Blocks.
config::Errors makePlan(const std::filesystem::path& file, const std::filesystem::path& programs, Plan* plan);

}  // namespace robohub::agent
