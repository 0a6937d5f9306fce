#include "hub/read_captures.hpp"

namespace robohub::hub {

void readCaptures(config::Section& section, media::CaptureSettings& settings) {
  using namespace std::chrono_literals;
  constexpr std::int64_t kMiB = 1024 * 1024;
  section.atStart().path("folder", &settings.folder);
  section.bytes("quota", &settings.quota_bytes, {kMiB, kMiB * kMiB});
  section.bytes("quota_per_device", &settings.device_quota_bytes, {0, kMiB * kMiB});
  section.duration("keep", &settings.keep, {0s, 24h * 36500});
  section.boolean("keep_originals", &settings.keep_originals);
  section.duration("max_duration", &settings.max_duration, {1s, 1h});
  section.duration("idle", &settings.idle, {10s, 24h * 7});
  if (settings.device_quota_bytes > settings.quota_bytes)
    section.refuse("quota_per_device", "One device may not have more than `quota` gives to all together.");
}

}  // namespace robohub::hub
