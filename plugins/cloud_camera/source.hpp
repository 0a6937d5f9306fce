// Where pictures come from: a V4L2 camera, or the lab's scene. The same to all above.
#pragma once
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "cloud_camera/frame.hpp"
#include "cloud_camera/settings.hpp"

namespace cloud_camera {

// The camera is not there, or is gone; a sentence. Another one may be made later.
class SourceLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One thread at a time. The destructor gives the camera back.
class Source {
 public:
  virtual ~Source() = default;
  // The next picture, at the settings' rate; null when none came in time. `planes`: whether brightness and colour are
  // wanted (a JPEG alone is enough for whoever only watches). Throws SourceLost.
  virtual FramePtr next(std::chrono::milliseconds patience, bool planes) = 0;
};

// Throws SourceLost when there is no such camera, or it has no format that is known here.
std::unique_ptr<Source> openV4l2(const VideoSettings& settings);
std::unique_ptr<Source> openLab(const VideoSettings& settings);
// The one that the settings ask for.
std::unique_ptr<Source> openSource(const VideoSettings& settings);

}  // namespace cloud_camera
