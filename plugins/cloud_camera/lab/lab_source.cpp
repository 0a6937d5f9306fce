// The lab's camera: the scene at a steady beat.
#include <thread>

#include "cloud_camera/lab/scene.hpp"
#include "cloud_camera/source.hpp"

namespace cloud_camera {
namespace {

using Clock = std::chrono::steady_clock;

class LabSource final : public Source {
 public:
  explicit LabSource(const VideoSettings& settings)
      : period_(std::chrono::nanoseconds(1'000'000'000 / settings.fps)),
        scene_(settings.width_px, settings.height_px, settings.lab_seed, settings.lab_every_s) {}

  FramePtr next(std::chrono::milliseconds patience, bool) override {
    auto now = Clock::now();
    if (due_ > now + patience) {
      std::this_thread::sleep_for(patience);
      return nullptr;
    }
    std::this_thread::sleep_until(due_);
    now = Clock::now();
    // A picture that would come late is left out rather than hurried after.
    due_ += period_;
    if (due_ < now) due_ += period_ * ((now - due_) / period_ + 1);
    auto frame = std::make_shared<Frame>(scene_.draw(std::chrono::duration<double>(now - began_).count()));
    frame->t_ns = now.time_since_epoch().count();
    return frame;
  }

 private:
  const std::chrono::nanoseconds period_;
  Scene scene_;
  const Clock::time_point began_ = Clock::now();
  Clock::time_point due_ = began_;
};

}  // namespace

std::unique_ptr<Source> openLab(const VideoSettings& settings) {
  return std::make_unique<LabSource>(settings);
}

}  // namespace cloud_camera
