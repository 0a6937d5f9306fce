// The configuration's `captures` section. The defaults are those of config/robohub.yaml.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>

#include "base/time.hpp"

namespace robohub::media {

struct CaptureSettings {
  std::filesystem::path folder;                   // empty: captures/ in the data folder. At the start only
  std::int64_t quota_bytes = 20LL << 30;          // of all captures together
  std::int64_t device_quota_bytes = 0;            // of each device; 0 = no limit of its own
  Duration keep = std::chrono::hours(30 * 24);    // 0 = until the quota needs the room
  bool keep_originals = false;                    // segments stay beside the joined video
  Duration max_duration = std::chrono::hours(1);  // of a recording
  Duration idle = std::chrono::minutes(10);       // an open capture of which nothing is heard for so long is ended
};

}  // namespace robohub::media
