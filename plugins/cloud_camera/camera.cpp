#include "cloud_camera/camera.hpp"

#include <algorithm>

#include "cloud_camera/jpeg.hpp"

namespace cloud_camera {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstRetry{500}, kLongestRetry{10'000};
constexpr milliseconds kLook{100};      // so often the wishes are looked at while no picture comes
constexpr milliseconds kSilence{5000};  // of a camera that counts as gone
constexpr int kQuality = 78;

}  // namespace

Camera::Camera(const Settings& settings, std::filesystem::path folder, Open open, CameraWays ways,
               RecorderWays recording)
    : video_(settings.video),
      open_(std::move(open)),
      ways_(std::move(ways)),
      motion_(settings.motion),
      recorder_(settings.record, settings.video.fps, std::move(folder),
                [&] {
                  recording.changed = [this] { ways_.recording(recorder_.capturing(), recorder_.segments()); };
                  return std::move(recording);
                }()),
      thread_([this] { run(); }) {}

Camera::~Camera() {
  quiesce();
}

void Camera::quiesce() {
  {
    const rh::Lock lock(mutex_);
    wishes_.ending = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Camera::setArmed(bool armed) {
  {
    const rh::Lock lock(mutex_);
    wishes_.armed = armed;
  }
  changed_.notify_all();
}

void Camera::request() {
  {
    const rh::Lock lock(mutex_);
    wishes_.requested = true;
  }
  changed_.notify_all();
}

void Camera::watch(bool on) {
  {
    const rh::Lock lock(mutex_);
    wishes_.watched = on;
  }
  changed_.notify_all();
}

bool Camera::idle(bool capturing) const {
  return !wishes_.armed && !wishes_.watched && !wishes_.requested && !wishes_.ending && !capturing;
}

Camera::Wishes Camera::waitForWork(bool capturing) {
  rh::Lock lock(mutex_);
  if (idle(capturing)) {
    lock.unlock();
    rest();
    lock.lock();
    changed_.wait(lock, [&]() RH_REQUIRES(mutex_) { return !idle(capturing); });
  }
  return wishes_;
}

// Nobody wants its pictures: its light goes out, others may use it. How it was when it was last tried says nothing of
// the next time, for which nobody is refused.
void Camera::rest() {
  source_.reset();
  lost_.clear();
  retry_ = milliseconds(0);
  setAway(false);
}

void Camera::setAway(bool away) {
  if (away_.exchange(away) != away) ways_.away(away);
}

void Camera::pause(milliseconds time) {
  rh::Lock lock(mutex_);
  changed_.wait_for(lock, time, [this]() RH_REQUIRES(mutex_) { return wishes_.ending; });
}

void Camera::run() {
  for (;;) {
    const Wishes wishes = waitForWork(recorder_.capturing());
    if (wishes.ending) break;
    if (was_armed_ && !wishes.armed) recorder_.endMoved();
    if (was_armed_ != wishes.armed) motion_.reset();
    was_armed_ = wishes.armed;
    try {
      if (!source_) {
        source_ = open_();
        newest_ = std::chrono::steady_clock::now();
        motion_.reset();
      }
      work(wishes);
    } catch (const SourceLost& gone) {
      lost(gone.what());
    }
  }
  recorder_.end();
  source_.reset();
}

void Camera::work(const Wishes& wishes) {
  const bool planes = wishes.armed || wishes.requested || recorder_.capturing();
  const FramePtr frame = source_->next(kLook, planes);
  if (!frame) {
    if (std::chrono::steady_clock::now() - newest_ > kSilence)
      throw SourceLost("The camera gives no pictures any more.");
    return;
  }
  newest_ = std::chrono::steady_clock::now();
  retry_ = milliseconds(0);
  setAway(false);
  if (!lost_.empty()) ways_.inform("The camera gives pictures again.");
  lost_.clear();
  if (planes && frame->width > 0) {
    const bool moved_before = motion_.moving();
    const bool moving = wishes.armed && motion_.take(*frame);
    if (moving && !moved_before) ways_.moved();
    if (wishes.requested) {
      {
        const rh::Lock lock(mutex_);
        wishes_.requested = false;
      }
      recorder_.request(frame->t_ns);
    }
    recorder_.take(frame, wishes.armed, moving);
  }
  if (!wishes.watched) return;
  if (!frame->jpeg.empty()) return ways_.picture(frame->jpeg.data(), frame->jpeg.size(), frame->t_ns);
  const auto jpeg = encodeJpeg(*frame, kQuality);
  if (!jpeg.empty()) ways_.picture(jpeg.data(), jpeg.size(), frame->t_ns);
}

void Camera::lost(const std::string& why) {
  source_.reset();
  recorder_.end();
  motion_.reset();
  {
    // A capture that was asked for minutes ago is not what somebody wants when the camera comes back.
    const rh::Lock lock(mutex_);
    wishes_.requested = false;
  }
  setAway(true);
  if (why != lost_) ways_.complain(why);
  lost_ = why;
  retry_ = std::clamp(2 * retry_, kFirstRetry, kLongestRetry);
  pause(retry_);
}

}  // namespace cloud_camera
