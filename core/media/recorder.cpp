#include "media/recorder.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <thread>

#include "base/json.hpp"
#include "base/mutex.hpp"
#include "media/captures_parts.hpp"
#include "media/picture_tap.hpp"
#include "media/video_worker.hpp"

namespace robohub::media {

namespace {

constexpr Duration kWithoutPicture = std::chrono::seconds(10);
constexpr Duration kLook = std::chrono::milliseconds(200);
constexpr Duration kEncoderPatience = std::chrono::seconds(5);
constexpr std::int64_t kRoomStep = 16LL << 20;
constexpr std::int64_t kMostBytes = 16LL << 30;

// One stream that is being recorded, on a thread of its own.
class Recording {
 public:
  Recording(Captures& captures, net::Loop& loop, const Clock& clock, std::filesystem::path worker, RecordStart start,
            StreamRecording recording)
      : parts_(captures.parts().shared_from_this()),
        loop_(loop),
        clock_(clock),
        worker_(std::move(worker)),
        start_(std::move(start)),
        id_(recording.capture),
        tap_(std::make_shared<PictureTap>(clock)) {
    {
      Lock lock(parts_->mutex);
      parts_->recorded.try_emplace(id_, 0);
    }
    start_.stream->recordingBegun(recording);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~Recording() {
    end();
    thread_.join();
  }

  void end() { ending_ = true; }
  bool over() const { return over_; }
  CaptureId id() const { return id_; }
  bool isOf(const RecordStart& start) const {
    return start.device == start_.device && start.stream_name == start_.stream_name;
  }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "rh-record");
    loop_.post([stream = start_.stream, tap = tap_, &loop = loop_] { stream->addViewer(tap, loop); });
    const Status recorded = record();
    loop_.post([stream = start_.stream, tap = tap_, &loop = loop_] { stream->close(*tap, loop); });
    conclude(recorded);
    if (promised_ > 0) parts_->index.release(start_.device, promised_);
    // Before another may begin: the stream hears of both in this order.
    start_.stream->recordingOver(id_);
    over_ = true;
  }

  Status record() {
    if (Status made = parts_->files.makeFolder(id_); !made) return made;
    auto file = parts_->files.open(id_, segmentPart(0), O_RDWR | O_CREAT | O_TRUNC);
    if (!file) return fail(std::move(file.error()));
    if (Status room = makeRoom(file->get()); !room) return room;
    auto worker = RecordingWorker::start(worker_, file->get(), kMostBytes);
    if (!worker) return fail(std::move(worker.error()));
    const MonoTime began = clock_.now();
    MonoTime newest = began;
    std::optional<MonoTime> first;
    Status going;
    while (!ending_ && tap_->open() && clock_.now() - began < start_.length) {
      const auto picture = tap_->take(kLook);
      if (!picture && clock_.now() - newest > kWithoutPicture) break;
      if (!picture) continue;
      newest = picture->at;
      if (!first) first = newest;
      const std::int64_t at_us = std::chrono::duration_cast<std::chrono::microseconds>(newest - *first).count();
      going = worker->offer(picture->jpeg, at_us, kEncoderPatience);
      if (going) going = makeRoom(file->get());
      parts_->index.heard(id_, parts_->given.clock.now());
      if (!going) break;
    }
    const auto report = worker->finish();
    if (report) return {};
    return fail(report.error());
  }

  // Keeps more promised than there is, so that a quota ends a recording and never another's upload.
  Status makeRoom(int file) {
    struct stat facts {};
    if (::fstat(file, &facts) != 0) return {};
    if (promised_ - facts.st_size > kRoomStep / 2) return {};
    if (parts_->given.room && !parts_->given.room())
      return fail(ErrorCode::exhausted, "The disk of the hub is nearly full.");
    if (Status room = parts_->reserve(start_.device, kRoomStep); !room) return room;
    promised_ += kRoomStep;
    {
      Lock lock(parts_->mutex);
      parts_->recorded[id_] = promised_;
    }
    const auto on_disk = parts_->roomToGrow(id_, kRoomStep, promised_);
    if (!on_disk) return fail(on_disk.error());
    return {};
  }

  // What was written is worth keeping, whatever has ended it; only nothing at all is a failure.
  void conclude(const Status& recorded) {
    parts_->endRecording(id_, recorded ? "The recording is empty." : recorded.error().message);
  }

  const std::shared_ptr<Captures::Parts> parts_;
  net::Loop& loop_;
  const Clock& clock_;
  const std::filesystem::path worker_;
  const RecordStart start_;
  const CaptureId id_;
  const std::shared_ptr<PictureTap> tap_;
  std::int64_t promised_ = 0;
  std::atomic<bool> ending_{false}, over_{false};
  std::thread thread_;
};

}  // namespace

struct Recorder::Parts {
  Captures& captures;
  net::LoopPool& loops;
  const Clock& clock;
  const identity::Audit& audit;
  const std::filesystem::path worker;

  mutable Mutex mutex;
  std::list<std::unique_ptr<Recording>> running RH_GUARDED_BY(mutex);
  std::list<RecordStart> beginning RH_GUARDED_BY(mutex);  // their rows are being written
  bool ended RH_GUARDED_BY(mutex) = false;

  // Those that are over, for the caller to let go of without the lock.
  std::list<std::unique_ptr<Recording>> takeOver() RH_REQUIRES(mutex) {
    std::list<std::unique_ptr<Recording>> over;
    for (auto at = running.begin(); at != running.end();) {
      const auto here = at++;
      if ((*here)->over()) over.splice(over.end(), running, here);
    }
    return over;
  }
  Status admit(const RecordStart& start) {
    Lock lock(mutex);
    const auto over = takeOver();
    if (ended) return fail(ErrorCode::unavailable, "The hub is ending.");
    const auto same = [&](const RecordStart& each) {
      return each.device == start.device && each.stream_name == start.stream_name;
    };
    if (std::any_of(running.begin(), running.end(), [&](const auto& each) { return each->isOf(start); }) ||
        std::any_of(beginning.begin(), beginning.end(), same))
      return fail(ErrorCode::conflict, "This stream is being recorded already.");
    if (running.size() + beginning.size() >= kMaxRecordings)
      return fail(ErrorCode::exhausted,
                  "At most " + std::to_string(kMaxRecordings) + " streams are recorded at once; wait for one to end.");
    beginning.push_back(start);
    return {};
  }
  void begun(const RecordStart& start, std::optional<StreamRecording> recording) {
    Lock lock(mutex);
    beginning.remove_if(
        [&](const RecordStart& each) { return each.device == start.device && each.stream_name == start.stream_name; });
    if (!recording || ended) return;
    net::Loop& loop = loops.at(static_cast<std::size_t>(recording->capture) % loops.size());
    running.push_back(std::make_unique<Recording>(captures, loop, clock, worker, start, *recording));
  }
};

Recorder::Recorder(Captures& captures, net::LoopPool& loops, const Clock& clock, const identity::Audit& audit,
                   std::filesystem::path worker)
    : parts_(new Parts{captures, loops, clock, audit, std::move(worker), {}, {}, {}, false}) {}

Recorder::~Recorder() {
  endAll();
}

void Recorder::begin(RecordStart start, std::function<void(Result<CapturePtr>)> done) {
  const Duration longest = parts_->captures.parts().index.settings().max_duration;
  if (start.length < std::chrono::seconds(1) || start.length > longest)
    return done(fail(ErrorCode::invalid_argument,
                     "A recording lasts from a second to " +
                         std::to_string(std::chrono::duration_cast<std::chrono::seconds>(longest).count()) + " s.",
                     "/for_ms"));
  if (Status admitted = parts_->admit(start); !admitted) return done(fail(admitted.error()));
  const std::int64_t started_ms = toMs(parts_->clock.wall());
  const CaptureStart capture{start.device, uniqueKey("record"), "record", started_ms};
  parts_->captures.begin(capture, [this, start, started_ms, done = std::move(done)](const Result<CaptureId>& id) {
    parts_->begun(start, id ? std::optional(StreamRecording{*id, started_ms}) : std::nullopt);
    if (!id) return done(fail(id.error()));
    parts_->captures.parts().given.database.write(
        [this, start, id = *id](store::Session& database) {
          return parts_->audit.append(
              database,
              {start.by, "capture.record", "capture:" + std::to_string(id), identity::Outcome::ok,
               "{\"device\":" + json::quote(start.device.str()) + ",\"stream\":" + json::quote(start.stream_name) +
                   ",\"for_ms\":" + std::to_string(toMs(start.length)) + "}"});
        },
        [](const Status&) {});
    const CapturePtr begun = parts_->captures.find(*id);
    if (!begun) return done(fail(ErrorCode::not_found, "The capture was deleted."));
    done(begun);
  });
}

bool Recorder::end(CaptureId id) {
  Lock lock(parts_->mutex);
  for (const auto& recording : parts_->running)
    if (recording->id() == id && !recording->over()) return recording->end(), true;
  return false;
}

void Recorder::endAll() {
  std::list<std::unique_ptr<Recording>> over;
  {
    Lock lock(parts_->mutex);
    parts_->ended = true;
    for (const auto& recording : parts_->running) recording->end();
    over.swap(parts_->running);
  }
}

std::size_t Recorder::running() const {
  Lock lock(parts_->mutex);
  return static_cast<std::size_t>(
      std::count_if(parts_->running.begin(), parts_->running.end(), [](const auto& each) { return !each->over(); }));
}

}  // namespace robohub::media
