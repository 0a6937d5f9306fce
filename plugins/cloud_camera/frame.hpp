// One picture of the camera as encoders and detectors want it: planar YUV with half the resolution in colour (I420),
// and when it was taken.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace cloud_camera {

// Width and height are even.
struct Frame {
  int width = 0, height = 0;
  std::int64_t t_ns = 0;           // CLOCK_MONOTONIC
  std::vector<std::uint8_t> y;     // width x height
  std::vector<std::uint8_t> u, v;  // a quarter of that each
  std::vector<std::uint8_t> jpeg;  // as the camera gave it; empty when it gave no JPEG

  Frame() = default;
  Frame(int w, int h)
      : width(w),
        height(h),
        y(static_cast<std::size_t>(w) * static_cast<std::size_t>(h)),
        u(y.size() / 4, 128),
        v(y.size() / 4, 128) {}
};
using FramePtr = std::shared_ptr<const Frame>;

}  // namespace cloud_camera
