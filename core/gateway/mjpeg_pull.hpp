// Cameras that the hub reads by itself, over MJPEG from a URL that the configuration lists: one connection for each,
// however many watch, and only while somebody does. What a camera sends is a stranger's; it costs bounded memory and a
// bounded share of its loop, and why no pictures come is told to whoever watches.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "gateway/camera_figures.hpp"
#include "gateway/camera_settings.hpp"
#include "live/live_devices.hpp"

namespace robohub::gateway {

// Thread-safe. Make it before the loops start, let it go after they have ended.
class MjpegPulls {
 public:
  // Follows the registry from now on, after `devices` has begun to.
  MjpegPulls(live::LiveDevices& devices, device::Registry& registry);
  MjpegPulls(const MjpegPulls&) = delete;
  MjpegPulls& operator=(const MjpegPulls&) = delete;

  // These from now on; cameras that stay as they were go on undisturbed. Devices that are not enrolled yet get theirs
  // when they are. Reads authorities' files, and sees when one was replaced: blocks, not on a
  // loop. [one thread at a time]
  void configure(const CameraSettings& settings);
  // From now on no camera is read: before the loops end, which would look as if all the cameras had gone. [one thread
  // at a time]
  void end();

  PullFigures figures() const;            // [any-thread]
  std::vector<PullFault> faults() const;  // [any-thread]

  // For the cameras themselves.
  struct Tally;
  struct Planned;

 private:
  void give(const DeviceId& id, const std::shared_ptr<const Planned>& planned) const;

  live::LiveDevices& devices_;
  const std::shared_ptr<Tally> tally_;
  mutable Mutex mutex_;
  std::vector<std::shared_ptr<const Planned>> planned_ RH_GUARDED_BY(mutex_);
};

}  // namespace robohub::gateway
