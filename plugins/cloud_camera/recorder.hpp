// Captures: from which picture to which, cut into segments, each handed over when it is finished. What was seen shortly
// before a movement belongs to it.
#pragma once
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "cloud_camera/settings.hpp"
#include "cloud_camera/video_file.hpp"

namespace cloud_camera {

struct RecorderWays {
  // A finished segment: its file is in the folder. False: nobody takes it.
  std::function<bool(const std::string& key, const std::string& trigger, std::int64_t started_ms, std::uint32_t number,
                     const std::string& file)>
      segment;
  std::function<void(const std::string& key, std::uint32_t segments)> end;
  std::function<std::int64_t()> wall_s;              // seconds since 1970
  std::function<void(const std::string&)> complain;  // a sentence
  std::function<void()> changed;                     // capturing() or segments() is another now
  // The newest second that has named a capture before; 0: none is known.
  std::int64_t named_s = 0;
};

// One thread.
class Recorder {
 public:
  Recorder(RecordSettings settings, int fps, std::filesystem::path folder, RecorderWays ways);
  ~Recorder();

  // The next picture. `armed`: keep what comes before a movement; `moving`: there is one.
  void take(const FramePtr& frame, bool armed, bool moving);
  // Records for request_s from now on (or goes on for so long, in the next capture where this one has had its length).
  void request(std::int64_t now_ns);
  // Ends the capture that is under way.
  void end();
  // Ends one that only a movement asked for.
  void endMoved();

  bool capturing() const { return !key_.empty(); }
  std::uint32_t segments() const { return handed_; }  // of the capture under way, or of the last one

 private:
  void begin(const char* prefix, std::int64_t t_ns);
  void write(const FramePtr& frame);
  void finishSegment(std::int64_t end_ns);

  const RecordSettings settings_;
  const int fps_;
  const std::filesystem::path folder_;
  const RecorderWays ways_;
  std::deque<FramePtr> before_;
  std::int64_t newest_seconds_;  // that named a capture of which a segment was handed over
  std::string key_, prefix_;
  std::int64_t seconds_ = 0, started_s_ = 0;  // of its name, and by the clock
  std::int64_t begun_ns_ = 0, segment_ns_ = 0, last_ns_ = 0;
  std::int64_t asked_until_ns_ = 0;
  std::int64_t not_before_ns_ = 0;  // begins no movement's capture: the last one could not be written
  std::uint32_t number_ = 0, handed_ = 0;
  bool wanted_ = false;  // by a request that has had no picture yet
  std::unique_ptr<VideoFile> file_;
};

}  // namespace cloud_camera
