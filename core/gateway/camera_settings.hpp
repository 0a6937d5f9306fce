// What the configuration says about cameras that the hub reads by itself. Filled by the reader of robohub.yaml.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "gateway/camera_rules.hpp"

namespace robohub::gateway {

// One stream of one device whose pictures come from a URL.
struct CameraSource {
  std::string device, stream;
  std::string url;                // http or https, without user part
  std::string credentials;        // "name:password" for basic authentication; "" = none
  std::filesystem::path ca_file;  // https: whom to trust; "" = the system's authorities
  std::string fingerprint;        // https: of the camera's own certificate, instead of any authority; "" = none
  friend bool operator==(const CameraSource&, const CameraSource&) = default;
};

struct CameraSettings {
  CameraRules allow;
  Duration stall = std::chrono::seconds(5);  // without a whole picture; also the time for connecting
  std::int64_t max_bytes_per_s = 32 * 1024 * 1024;
  std::vector<CameraSource> sources;
};

}  // namespace robohub::gateway
