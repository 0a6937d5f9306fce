// The camera at work, on a thread of its own: pictures for whoever watches, movements while armed, captures. It is open
// only while something wants pictures of it, and comes back when it was unplugged.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "cloud_camera/motion.hpp"
#include "cloud_camera/recorder.hpp"
#include "cloud_camera/source.hpp"
#include "rh/mutex.hpp"

namespace cloud_camera {

// All called on the camera's thread.
struct CameraWays {
  std::function<void(const std::uint8_t* jpeg, std::size_t size, std::int64_t t_ns)> picture;
  std::function<void()> moved;                                            // a movement has begun
  std::function<void(bool capturing, std::uint32_t segments)> recording;  // each change
  std::function<void(bool away)> away;                                    // each change
  std::function<void(const std::string&)> complain, inform;
};

class Camera {
 public:
  using Open = std::function<std::unique_ptr<Source>()>;  // throws SourceLost
  Camera(const Settings& settings, std::filesystem::path folder, Open open, CameraWays ways, RecorderWays recording);
  ~Camera();  // as quiesce()
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  // [any-thread] None of them waits.
  void setArmed(bool armed);
  void request();
  void watch(bool on);
  // It was opened in vain, or has gone, and is tried again. Where nobody wants its pictures it is not tried, nor away.
  bool away() const { return away_; }
  // Ends the capture under way and joins the thread.
  void quiesce();

 private:
  struct Wishes {
    bool armed = false, watched = false, requested = false, ending = false;
  };
  void run();
  bool idle(bool capturing) const RH_REQUIRES(mutex_);
  Wishes waitForWork(bool capturing);
  void rest();
  void work(const Wishes& wishes);
  void lost(const std::string& why);
  void setAway(bool away);
  void pause(std::chrono::milliseconds time);

  const VideoSettings video_;
  const Open open_;
  const CameraWays ways_;
  MotionDetector motion_;
  Recorder recorder_;
  std::unique_ptr<Source> source_;
  std::string lost_;  // why it is away, as it was told
  std::chrono::milliseconds retry_{0};
  std::chrono::steady_clock::time_point newest_{};
  bool was_armed_ = false;
  std::atomic<bool> away_{false};

  rh::Mutex mutex_;
  rh::Condition changed_;
  Wishes wishes_ RH_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace cloud_camera
