// Where the values of one channel of one device go, so that the next one does not look for it: filled by record(),
// which also finds out when a device was described anew. Empty at first. Not thread-safe.
#pragma once
#include <cstdint>
#include <memory>

namespace robohub::telemetry {

struct RecordPlace {
  std::shared_ptr<void> device;
  void* channel = nullptr;
  std::uint64_t version = 0;  // of the device's description; 0: not looked for yet
};

}  // namespace robohub::telemetry
