#include "cloud_camera/motion.hpp"

#include <algorithm>
#include <cmath>

namespace cloud_camera {
namespace {

constexpr int kSettlingFrames = 5;         // behind light that has changed at once
constexpr float kFollow = 0.05f;           // of a cell that did not change, a picture
constexpr float kFollowChanged = 0.01f;    // of one that did: what stays becomes background after a while
constexpr double kEverywherePercent = 70;  // so much cannot move at once: the light changed, or the camera was pushed
// Automatic exposure finds its way, at whatever rate the pictures come.
constexpr std::int64_t kSettling_ns = 2'000'000'000;

}  // namespace

void MotionDetector::reset() {
  background_.clear();
  moved_ = quiet_ = 0;
  moving_ = false;
  changed_percent_ = 0;
}

void MotionDetector::shrink(const Frame& frame) {
  columns_ = std::max(1, frame.width / kCellPixels);
  rows_ = std::max(1, frame.height / kCellPixels);
  cells_.resize(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_));
  const int wide = std::min(kCellPixels, frame.width), high = std::min(kCellPixels, frame.height);
  std::size_t cell = 0;
  for (int row = 0; row < rows_; ++row)
    for (int column = 0; column < columns_; ++column) {
      std::uint32_t sum = 0;
      for (int y = 0; y < high; ++y) {
        const auto* line = frame.y.data() +
                           static_cast<std::size_t>(row * kCellPixels + y) * static_cast<std::size_t>(frame.width) +
                           static_cast<std::size_t>(column * kCellPixels);
        for (int x = 0; x < wide; ++x) sum += line[x];
      }
      cells_[cell++] = static_cast<float>(sum) / static_cast<float>(wide * high);
    }
}

// The median of what the cells changed by: what the light did to all of them.
double MotionDetector::commonShift() const {
  std::vector<float> shifts(cells_.size());
  for (std::size_t i = 0; i < cells_.size(); ++i) shifts[i] = cells_[i] - background_[i];
  const auto middle = shifts.begin() + static_cast<std::ptrdiff_t>(shifts.size() / 2);
  std::nth_element(shifts.begin(), middle, shifts.end());
  return static_cast<double>(*middle);
}

bool MotionDetector::take(const Frame& frame) {
  shrink(frame);
  if (background_.size() != cells_.size()) {
    reset();
    background_ = cells_;
    settling_ = kSettlingFrames;
    settling_until_ns_ = frame.t_ns + kSettling_ns;
    return false;
  }
  if (settling_ > 0 || frame.t_ns < settling_until_ns_) {
    settling_ = std::max(0, settling_ - 1);
    background_ = cells_;
    return false;
  }
  const auto shift = static_cast<float>(commonShift());
  std::size_t changed = 0;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const bool differs = std::abs(cells_[i] - shift - background_[i]) > static_cast<float>(settings_.threshold);
    changed += differs;
    background_[i] += (differs ? kFollowChanged : kFollow) * (cells_[i] - background_[i]);
  }
  changed_percent_ = 100.0 * static_cast<double>(changed) / static_cast<double>(cells_.size());
  if (changed_percent_ > kEverywherePercent) {
    background_ = cells_;
    settling_ = kSettlingFrames;
    changed = 0;
    changed_percent_ = 0;
  }
  const bool moved = changed > 0 && changed_percent_ >= settings_.area_percent;
  moved_ = moved ? moved_ + 1 : 0;
  quiet_ = moved ? 0 : quiet_ + 1;
  if (!moving_ && moved_ >= settings_.min_frames) moving_ = true;
  if (moving_ && quiet_ >= settings_.quiet_frames) moving_ = false;
  return moving_;
}

}  // namespace cloud_camera
