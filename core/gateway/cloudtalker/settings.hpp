// What the configuration says about cameras that come by the cloudtalker's protocol. Filled by the reader of
// robohub.yaml.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "base/time.hpp"
#include "config/section.hpp"

namespace robohub::gateway {

struct CloudtalkerSettings {
  config::Address listen;                                // no host: nobody listens
  std::string address;                                   // host:port by which cameras reach it; "" = as the request's
  std::filesystem::path certificate, key;                // "" = those of the hub's own listener
  Duration heartbeat = std::chrono::seconds(10);         // whole seconds, positive: cameras sleep on it
  std::map<std::string, std::string> fingerprints = {};  // of certificates that others have signed, by device id
};

}  // namespace robohub::gateway
