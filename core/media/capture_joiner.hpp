// Makes one video of each capture that has ended: one after another, in a thread of its own that mostly waits for the
// worker process. Internal to media.
#pragma once
#include <deque>
#include <set>
#include <thread>

#include "base/mutex.hpp"
#include "media/captures_parts.hpp"
#include "media/video_worker.hpp"

namespace robohub::media {

// Thread-safe but for the destructor.
class CaptureJoiner {
 public:
  // `parts` owns it.
  explicit CaptureJoiner(Captures::Parts& parts);
  ~CaptureJoiner() { end(); }

  void add(CaptureId id);
  // What failed for want of room or of the worker is tried again.
  void again();
  // Kills the worker, joins the thread. What is not done is taken up at the next start. Blocks. Idempotent.
  void end();
  void figures(CaptureFigures& figures) const;

 private:
  enum class Outcome { done, later };
  void run();
  Outcome join(CaptureId id);
  Outcome failed(CaptureId id, const std::string& why);
  Outcome waits(CaptureId id, const Error& why);
  Outcome waitsForFolder(CaptureId id);
  void pauseFor(CaptureId id);
  void forget(CaptureId id);
  // `gone`: segments whose files are not there any more, since the video has them.
  Outcome joined(CaptureId id, const SegmentRows& rows, const JoinReport& report, bool has_still,
                 const std::set<std::uint32_t>& gone = {});
  std::optional<Outcome> keepVideo(const Capture& capture, const SegmentRows& rows);
  Result<JoinReport> readVideo(CaptureId id);
  Result<bool> makeStill(CaptureId id);
  Result<JoinReport> work(CaptureId id, const SegmentRows& rows, std::map<std::uint32_t, std::string>& broken);
  void note(const Error& error);
  // A fault of the disk passes, or somebody mends it: unavailable, which is no fault of the worker and not counted.
  Result<process::FileDescriptor> open(CaptureId id, std::string_view name, int flags) const;

  Captures::Parts& parts_;
  VideoWorker worker_;
  std::map<CaptureId, int> tries_;  // that failed and were no segment's fault; of the thread
  struct Pause {
    Duration length{};
    MonoTime until{};
  };
  std::map<CaptureId, Pause> full_;                // that have filled the disk; of the thread
  std::set<CaptureId> folder_lacks_;               // told; of the thread
  std::map<CaptureId, std::set<ErrorCode>> said_;  // why they wait; of the thread
  mutable Mutex mutex_;
  Condition wake_;
  std::deque<CaptureId> queue_ RH_GUARDED_BY(mutex_);
  std::set<CaptureId> later_ RH_GUARDED_BY(mutex_);
  bool ending_ RH_GUARDED_BY(mutex_) = false;
  std::uint64_t joins_ RH_GUARDED_BY(mutex_) = 0, failures_ RH_GUARDED_BY(mutex_) = 0;
  std::int64_t worker_failed_ms_ RH_GUARDED_BY(mutex_) = 0;
  std::string worker_failure_ RH_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace robohub::media
