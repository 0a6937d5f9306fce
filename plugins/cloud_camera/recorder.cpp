#include "cloud_camera/recorder.hpp"

#include <algorithm>
#include <exception>

#include "cloud_camera/libav.hpp"
#include "cloud_camera/segment_name.hpp"

namespace cloud_camera {
namespace {

// Whole pictures wait in memory for a movement: five seconds of large ones would fill a small board's.
constexpr std::size_t kMostBefore_bytes = 64 << 20;
// A disk that takes nothing is tried again by a movement only so often: it moves with every picture.
constexpr std::int64_t kTryAgain_ns = 10'000'000'000;

std::int64_t ns(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

}  // namespace

Recorder::Recorder(RecordSettings settings, int fps, std::filesystem::path folder, RecorderWays ways)
    : settings_(settings),
      fps_(fps),
      folder_(std::move(folder)),
      ways_(std::move(ways)),
      newest_seconds_(ways_.named_s) {
  loadLibav();  // now, where it may take its time and be refused, not at the first movement
}

Recorder::~Recorder() {
  end();
}

void Recorder::request(std::int64_t now_ns) {
  wanted_ = true;
  asked_until_ns_ = now_ns + ns(settings_.request_s);
}

void Recorder::take(const FramePtr& frame, bool armed, bool moving) {
  const std::int64_t now = frame->t_ns;
  if (!capturing()) {
    if (wanted_) {
      // What was asked for begins when it was asked for, with the first picture.
      asked_until_ns_ = std::max(asked_until_ns_, now + ns(settings_.request_s));
      begin("cap", now);
    } else if (armed && moving && now >= not_before_ns_) {
      begin("pir", before_.empty() ? now : before_.front()->t_ns);
      for (const auto& earlier : before_) write(earlier);
    }
    if (capturing()) before_.clear();
  }
  wanted_ = false;
  if (!capturing()) {
    if (armed) before_.push_back(frame);
    const auto tooMany = [&] {
      return !armed || before_.front()->t_ns < now - ns(settings_.preroll_s) ||
             before_.size() * frame->y.size() * 3 / 2 > kMostBefore_bytes;
    };
    while (!before_.empty() && tooMany()) before_.pop_front();
    return;
  }
  write(frame);
  if (!capturing()) return;
  const bool asked = now < asked_until_ns_;
  // One request is one capture. Asked for again and again it would never end, and nobody sees what has not ended.
  const double longest_s = asked ? std::max(settings_.longest_s, settings_.request_s) : settings_.longest_s;
  const bool too_long = now - begun_ns_ >= ns(longest_s);
  if (!too_long && (asked || (armed && moving))) return;
  const std::int64_t asked_until_ns = asked_until_ns_;
  end();
  if (!asked) return;
  asked_until_ns_ = asked_until_ns;
  begin("cap", now);
}

void Recorder::begin(const char* prefix, std::int64_t t_ns) {
  // A capture's name is its own for ever, also when two begin within one second or the clock is set back, as that of a
  // board without a battery for it is with each start. One that came to nothing has used none.
  started_s_ = std::max<std::int64_t>(ways_.wall_s(), 1);
  seconds_ = std::max(started_s_, newest_seconds_ + 1);
  prefix_ = prefix;
  key_ = SegmentName{prefix_, seconds_, 0, "mp4"}.key();
  begun_ns_ = t_ns;
  number_ = handed_ = 0;
  ways_.changed();
}

void Recorder::write(const FramePtr& frame) {
  if (!capturing()) return;
  try {
    if (file_ && frame->t_ns - segment_ns_ >= ns(settings_.segment_s)) finishSegment(frame->t_ns);
    if (!file_) {
      const SegmentName name{prefix_, seconds_, number_, "mp4"};
      file_ = std::make_unique<VideoFile>(folder_ / name.text(),
                                          VideoFormat{frame->width, frame->height, fps_, settings_.bitrate_kbit});
      segment_ns_ = frame->t_ns;
    }
    file_->write(*frame);
    last_ns_ = frame->t_ns;
  } catch (const std::exception& failure) {
    ways_.complain(std::string("A segment of a capture is lost: ") + failure.what());
    // Where it had begun, its number is a gap.
    if (file_) ++number_;
    file_.reset();
    if (handed_ == 0) not_before_ns_ = frame->t_ns + kTryAgain_ns;
    end();
  }
}

void Recorder::finishSegment(std::int64_t end_ns) {
  const SegmentName name{prefix_, seconds_, number_, "mp4"};
  const auto file = std::move(file_);
  ++number_;
  file->finish(end_ns);
  if (!ways_.segment(key_, name.trigger(), started_s_ * 1000, name.number, name.text())) {
    ways_.complain("Nobody takes the captures of this camera: the segment " + name.text() + " is deleted.");
    std::error_code ignored;
    std::filesystem::remove(folder_ / name.text(), ignored);
    return;
  }
  ++handed_;
  newest_seconds_ = seconds_;
  ways_.changed();
}

void Recorder::end() {
  if (!capturing()) return;
  try {
    if (file_) finishSegment(last_ns_ + 1'000'000'000 / fps_);
  } catch (const std::exception& failure) {
    ways_.complain(std::string("The last segment of a capture is lost: ") + failure.what());
  }
  file_.reset();
  const std::string key = std::exchange(key_, {});
  asked_until_ns_ = 0;
  if (handed_ > 0) ways_.end(key, number_);
  ways_.changed();
}

void Recorder::endMoved() {
  if (capturing() && prefix_ == "pir" && last_ns_ >= asked_until_ns_) end();
  before_.clear();
}

}  // namespace cloud_camera
