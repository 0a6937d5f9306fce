// The hub never parses a video: a confined process does, which gets open files one by one and may do nothing but read
// and write them. It may be killed by what it reads; then it is told which segment that was, and the hub goes on.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "process/child.hpp"
#include "process/fd_packet.hpp"

namespace robohub::media {

struct WorkerLimits {
  std::int64_t memory_bytes = 512LL << 20;
  // For each segment, and for finishing the video: this long at least, and a second more for each so many bytes of it.
  // Each byte is read and written several times, at the lowest priority, and may lie on a card of a small computer.
  Duration shortest = std::chrono::seconds(60);
  std::int64_t bytes_per_second = 1024 * 1024;
  // Likewise its time on the processor, for the whole job: so one that hangs without waiting for a disk ends soon.
  std::int64_t bytes_per_cpu_second = 8 * 1024 * 1024;
};

struct JoinInput {
  std::uint32_t number = 0;
  std::int64_t bytes = 0;
  std::function<Result<process::FileDescriptor>()> open;
};

struct JoinReport {
  std::int64_t duration_ms = 0;
  int width = 0, height = 0;
  std::string note;                              // a sentence for people, or ""
  std::map<std::uint32_t, std::string> refused;  // why, by number
};

// One job at a time, on one thread; stop() from any.
class VideoWorker {
 public:
  explicit VideoWorker(std::filesystem::path program, WorkerLimits limits = {});

  // Writes one MP4 to `output`. Blocks. Errors: invalid_argument (no segment can be used), exhausted (no room),
  // corrupt (it must begin again without the segment `reading`), not_found or corrupt (the file of `reading` is not
  // there, or is none), unavailable (stopped, ended by a signal that asks programs to end, or the program cannot be
  // started), internal (it broke or took too long; `reading` is the segment that it had then, if any), and those of a
  // file that cannot be opened, without `reading`.
  Result<JoinReport> join(const std::vector<JoinInput>& inputs, int output, std::optional<std::uint32_t>& reading);
  // Writes one JPEG of a video to `output`. Blocks; errors as above.
  Result<JoinReport> still(const JoinInput& video, int output, std::optional<std::uint32_t>& reading);
  // Ends the job that runs, and all to come.
  void stop() { stopping_ = true; }

 private:
  Result<JoinReport> work(std::string_view mode, const std::vector<JoinInput>& inputs, int output,
                          std::optional<std::uint32_t>& reading);

  const std::filesystem::path program_;
  const WorkerLimits limits_;
  std::atomic<bool> stopping_{false};
};

// The worker of a recording, as the recorder's thread sees it.
class RecordingWorker {
 public:
  static Result<RecordingWorker> start(const std::filesystem::path& program, int output, std::int64_t output_bytes);
  // Waits up to `patience` for the encoder to take the picture. Errors: timeout (it hangs, and is of no more use),
  // unavailable (it has ended).
  Status offer(std::string_view jpeg, std::int64_t at_us, Duration patience);
  // No more pictures: the file is complete when this returns. Blocks up to 30 s. Errors as VideoWorker's.
  Result<JoinReport> finish();

 private:
  process::Child child_;
  process::FileDescriptor socket_, pictures_;
};

// "done ..." or "failed ..." as a result, said by a process that nobody trusts. Pure.
Result<JoinReport> readEnding(std::string_view text);

}  // namespace robohub::media
