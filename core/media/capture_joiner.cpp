#include "media/capture_joiner.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>

namespace robohub::media {

namespace {

constexpr std::size_t kMostBreaks = 5;  // segments that broke the worker, before all behind them are left out
constexpr int kMostTries = 5;           // of a capture where the worker breaks and no segment is to blame
constexpr Duration kLongestPause = std::chrono::hours(1);
constexpr std::string_view kNot = "It cannot be joined. ";
constexpr const char* kGone = "Its file is gone from the disk of the hub.";
constexpr const char* kLeftOut = "It was left out, since too many before it broke the program that reads videos.";

}  // namespace

CaptureJoiner::CaptureJoiner(Captures::Parts& parts) : parts_(parts), worker_(parts.given.worker) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void CaptureJoiner::add(CaptureId id) {
  Lock lock(mutex_);
  if (std::find(queue_.begin(), queue_.end(), id) == queue_.end()) queue_.push_back(id);
  wake_.notify_one();
}

void CaptureJoiner::again() {
  Lock lock(mutex_);
  for (const CaptureId id : later_) queue_.push_back(id);
  later_.clear();
  wake_.notify_one();
}

void CaptureJoiner::end() {
  {
    Lock lock(mutex_);
    ending_ = true;
    wake_.notify_all();
  }
  worker_.stop();
  if (thread_.joinable()) thread_.join();
}

void CaptureJoiner::figures(CaptureFigures& figures) const {
  Lock lock(mutex_);
  figures.joins_total = joins_;
  figures.joins_failed_total = failures_;
  figures.worker_failed_ms = worker_failed_ms_;
  figures.worker_failure = worker_failure_;
}

void CaptureJoiner::run() {
  pthread_setname_np(pthread_self(), "rh-join");
  for (;;) {
    CaptureId id = 0;
    {
      Lock lock(mutex_);
      wake_.wait(lock, [this]() RH_REQUIRES(mutex_) { return ending_ || !queue_.empty(); });
      if (ending_) return;
      id = queue_.front();
      queue_.pop_front();
    }
    if (join(id) == Outcome::done) continue;
    Lock lock(mutex_);
    later_.insert(id);
  }
}

Result<process::FileDescriptor> CaptureJoiner::open(CaptureId id, std::string_view name, int flags) const {
  auto file = parts_.files.open(id, name, flags);
  if (!file && file.error().code == ErrorCode::internal) file.error().code = ErrorCode::unavailable;
  return file;
}

void CaptureJoiner::note(const Error& error) {
  Lock lock(mutex_);
  if (ending_) return;
  worker_failed_ms_ = parts_.nowMs();
  worker_failure_ = error.message;
}

// Runs the worker, again without what broke it.
Result<JoinReport> CaptureJoiner::work(CaptureId id, const SegmentRows& rows,
                                       std::map<std::uint32_t, std::string>& broken) {
  for (const auto& [number, row] : rows)
    if (!row.file.empty() && !parts_.files.has(id, row.file)) broken[number] = kGone;
  for (std::size_t breaks = 0;;) {
    auto output = open(id, kVideoPart, O_RDWR | O_CREAT | O_TRUNC);
    if (!output) return fail(std::move(output.error()));
    std::vector<JoinInput> inputs;
    for (const auto& [number, row] : rows)
      if (!row.file.empty() && !broken.contains(number))
        inputs.push_back({number, row.segment.bytes, [this, id, file = row.file] {
                            parts_.step("reading");
                            return open(id, file, O_RDONLY);
                          }});
    if (inputs.empty())
      return fail(ErrorCode::invalid_argument,
                  breaks == 0 ? "Its segments are gone from the disk of the hub." : "No segment of it can be read.");
    std::optional<std::uint32_t> reading;
    auto report = worker_.join(inputs, output->get(), reading);
    if (report) {
      if (Status synced = syncFile(output->get()); !synced) return fail(synced.error());
      return report;
    }
    const Error& why = report.error();
    if (reading && why.code == ErrorCode::not_found) {
      broken[*reading] = kGone;
      continue;
    }
    if (!reading || (why.code != ErrorCode::internal && why.code != ErrorCode::corrupt)) return report;
    if (why.code == ErrorCode::internal) note(why);
    broken[*reading] = why.message;
    // Each break costs all that was read before it. So from here on less and less is tried.
    if (++breaks > 2 * kMostBreaks) return fail(ErrorCode::invalid_argument, std::string(kNot) + why.message);
    if (breaks <= kMostBreaks) continue;
    for (auto at = rows.upper_bound(*reading); at != rows.end(); ++at)
      if (!at->second.file.empty()) broken.try_emplace(at->first, kLeftOut);
  }
}

CaptureJoiner::Outcome CaptureJoiner::join(CaptureId id) {
  const CapturePtr capture = parts_.index.find(id);
  if (!capture || capture->state != CaptureState::joining) return forget(id), Outcome::done;
  if (!parts_.files.hasFolder(id)) return waitsForFolder(id);
  folder_lacks_.erase(id);
  SegmentRows rows;
  Status read = parts_.given.database.readNow([&](store::Session& database) -> Status {
    auto found = readSegments(database, id);
    if (!found) return fail(std::move(found.error()));
    rows = std::move(*found);
    return {};
  });
  if (!read) return Outcome::later;
  if (const auto kept = keepVideo(*capture, rows)) return *kept;
  if (const auto full = full_.find(id); full != full_.end() && parts_.given.clock.now() < full->second.until)
    return Outcome::later;
  std::int64_t bytes = kBesideSegments;
  for (const auto& [number, row] : rows)
    if (!row.file.empty()) bytes += row.segment.bytes;
  const auto room = parts_.roomOnDisk(bytes, id);
  if (!room) return waits(id, room.error());
  if (!*room) return Outcome::later;
  std::map<std::uint32_t, std::string> broken;
  parts_.step("join");
  parts_.video_bytes = bytes;
  parts_.video_of = id;
  const std::shared_ptr<void> making(nullptr, [this](void*) { parts_.video_of = 0; });
  auto report = work(id, rows, broken);
  if (!report) {
    parts_.files.remove(id, kVideoPart);
    if (!parts_.index.find(id)) return forget(id), parts_.files.removeAll(id), Outcome::done;
    if (report.error().code == ErrorCode::exhausted) pauseFor(id);
    const int tries = report.error().code == ErrorCode::internal ? ++tries_[id] : 0;
    if (report.error().code == ErrorCode::invalid_argument) return failed(id, report.error().message);
    if (tries == kMostTries) return failed(id, std::string(kNot) + report.error().message);
    if (report.error().code == ErrorCode::not_found || report.error().code == ErrorCode::corrupt)
      return failed(id, "Its files are damaged: " + report.error().message);
    return waits(id, report.error());
  }
  for (const auto& [number, why] : broken) report->refused[number] = why;
  parts_.step("video");
  if (Status renamed = parts_.files.rename(id, kVideoPart, kVideoFile); !renamed) {
    if (!parts_.index.find(id)) return Outcome::done;
    return Outcome::later;
  }
  parts_.step("still");
  const auto has_still = makeStill(id);
  if (!has_still) {
    if (!parts_.index.find(id)) return forget(id), parts_.files.removeAll(id), Outcome::done;
    return waits(id, has_still.error());
  }
  forget(id);
  parts_.step("joined");
  return joined(id, rows, *report, *has_still);
}

// A video may be all that there is of what it was made of; one of the segments that are here would be less. So it is
// where originals were deleted, and also where a restored database does not know of that yet.
std::optional<CaptureJoiner::Outcome> CaptureJoiner::keepVideo(const Capture& capture, const SegmentRows& rows) {
  const CaptureId id = capture.id;
  if (!parts_.files.has(id, kVideoFile)) return std::nullopt;
  JoinReport report;
  std::set<std::uint32_t> gone;
  for (const auto& [number, row] : rows) {
    if (row.file.empty()) continue;
    if (parts_.files.has(id, row.file))
      report.refused[number] = "It came when the video was made already.";
    else
      gone.insert(number);
  }
  if (gone.empty() && !originalsAreGone(rows)) return std::nullopt;
  report.duration_ms = capture.duration_ms;
  report.width = capture.width;
  report.height = capture.height;
  if (capture.duration_ms == 0) {
    const auto read = readVideo(id);
    if (!read && read.error().code != ErrorCode::invalid_argument && read.error().code != ErrorCode::corrupt)
      return Outcome::later;
    if (!read) return std::nullopt;
    report.duration_ms = read->duration_ms;
    report.width = read->width;
    report.height = read->height;
  }
  const auto has_still = parts_.files.has(id, kStillFile) ? Result<bool>(true) : makeStill(id);
  if (!has_still) return waits(id, has_still.error());
  forget(id);
  return joined(id, rows, report, *has_still, gone);
}

// Reads a finished video to its end, as a segment of one that is thrown away.
Result<JoinReport> CaptureJoiner::readVideo(CaptureId id) {
  auto output = parts_.files.open(id, kVideoPart, O_RDWR | O_CREAT | O_TRUNC);
  if (!output) return fail(std::move(output.error()));
  const JoinInput video{0, parts_.files.size(id, kVideoFile),
                        [this, id] { return parts_.files.open(id, kVideoFile, O_RDONLY); }};
  std::optional<std::uint32_t> reading;
  auto report = worker_.join({video}, output->get(), reading);
  parts_.files.remove(id, kVideoPart);
  // It breaks the worker: it is no video of ours.
  if (!report && report.error().code == ErrorCode::internal && reading) report.error().code = ErrorCode::corrupt;
  return report;
}

// False: this video gives none. An error may pass, or the hub ends: then it is tried again, behind the video.
Result<bool> CaptureJoiner::makeStill(CaptureId id) {
  auto output = parts_.files.open(id, kStillPart, O_RDWR | O_CREAT | O_TRUNC);
  if (!output) return fail(std::move(output.error()));
  const JoinInput video{0, parts_.files.size(id, kVideoFile),
                        [this, id] { return parts_.files.open(id, kVideoFile, O_RDONLY); }};
  std::optional<std::uint32_t> reading;
  const auto made = worker_.still(video, output->get(), reading);
  Status kept;
  if (!made) kept = fail(made.error());
  if (kept) kept = syncFile(output->get());
  if (kept) kept = parts_.files.rename(id, kStillPart, kStillFile);
  if (kept) return true;
  parts_.files.remove(id, kStillPart);
  const ErrorCode code = kept.error().code;
  const bool broke = !made && code == ErrorCode::internal;
  if (broke && (reading || ++tries_[id] >= kMostTries)) {
    note(kept.error());
    return false;
  }
  // Without room for it there is none: the originals, which go next, are what has taken it.
  if (code == ErrorCode::invalid_argument || code == ErrorCode::corrupt || code == ErrorCode::exhausted) return false;
  return fail(std::move(kept.error()));
}

// It is tried again each minute, but said once for each kind of fault: the figures in its words change all the time.
CaptureJoiner::Outcome CaptureJoiner::waits(CaptureId id, const Error& why) {
  note(why);
  if (said_[id].insert(why.code).second)
    parts_.say(true, "capture " + std::to_string(id) + " waits to be joined: " + why.message);
  return Outcome::later;
}

// A single file may be lost. Where the whole folder is, the disk of captures is not mounted, as a rule, and all of it
// comes back.
CaptureJoiner::Outcome CaptureJoiner::waitsForFolder(CaptureId id) {
  if (folder_lacks_.insert(id).second)
    parts_.say(true, "capture " + std::to_string(id) + " waits: " + parts_.files.of(id).string() +
                         " is not there. Is the disk of captures mounted?");
  return Outcome::later;
}

// What has filled a disk (a quota of the hub's user, say) would fill it once a minute.
void CaptureJoiner::pauseFor(CaptureId id) {
  Pause& pause = full_[id];
  pause.length = std::clamp<Duration>(2 * pause.length, std::chrono::minutes(1), kLongestPause);
  pause.until = parts_.given.clock.now() + pause.length;
}

void CaptureJoiner::forget(CaptureId id) {
  tries_.erase(id);
  full_.erase(id);
  folder_lacks_.erase(id);
  said_.erase(id);
}

CaptureJoiner::Outcome CaptureJoiner::failed(CaptureId id, const std::string& why) {
  forget(id);
  {
    Lock lock(mutex_);
    ++failures_;
  }
  parts_.say(false, "capture " + std::to_string(id) + " cannot be joined: " + why);
  const bool has_video = parts_.files.has(id, kVideoFile);  // of an earlier time
  parts_.amend(
      id,
      [why, has_video](store::Session&, Capture& row) -> Status {
        if (row.state != CaptureState::joining) return {};
        row.state = has_video ? CaptureState::ready : CaptureState::failed;
        row.message = (has_video ? "It could not be joined again. " : "") + why;
        return {};
      },
      [parts = parts_.shared_from_this(), id](const Result<CapturePtr>& done) {
        if (done && (*done)->state == CaptureState::failed) parts->clearUnfinished(id);
      },
      false);
  return Outcome::done;
}

}  // namespace robohub::media
