// Captures on a database and a folder of their own, with the real worker program and videos made by ffmpeg.
#pragma once
#include <sys/wait.h>

#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <future>
#include <mutex>
#include <optional>
#include <sstream>

#include "base/json.hpp"
#include "media/captures.hpp"
#include "media/running_sha256.hpp"
#include "store/wait_for.hpp"
#include "unit/store/temp_folder.hpp"

namespace robohub::media::test {

namespace fs = std::filesystem;

inline std::string sha256(std::string_view bytes) {
  RunningSha256 hash;
  hash.add(bytes);
  return hash.finish();
}

inline std::string readFile(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What a command prints; throws when it fails.
inline std::string run(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  char part[4096];
  for (std::size_t got; pipe && (got = std::fread(part, 1, sizeof part, pipe)) > 0;) text.append(part, got);
  if (!pipe || ::pclose(pipe) != 0) throw std::runtime_error(command);
  return text;
}

// Three segments of two seconds each, 320 x 240 at 25 pictures a second.
inline std::vector<std::string> makeSegments(const std::string& name, const std::string& arguments,
                                             const std::string& format) {
  static robohub::test::TempFolder folder;
  static std::map<std::string, std::vector<std::string>> made;
  auto& segments = made[name];
  if (!segments.empty()) return segments;
  const std::string base = (folder.path() / name).string();
  run("ffmpeg -v error -f lavfi -i testsrc2=size=320x240:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000 -t 6 "
      "-c:v libx264 -preset ultrafast -g 50 -keyint_min 50 -sc_threshold 0 -pix_fmt yuv420p " +
      arguments + " -f segment -segment_time 2 -reset_timestamps 1 '" + base + ".%d." + format + "'");
  for (int i = 0; i < 3; ++i) segments.push_back(readFile(base + "." + std::to_string(i) + "." + format));
  return segments;
}
inline std::vector<std::string> mp4WithSound() {
  return makeSegments("sound", "-c:a aac -b:a 64k", "mp4");
}
inline std::vector<std::string> mp4Silent() {
  return makeSegments("silent", "-map 0 -bf 2", "mp4");
}
inline std::vector<std::string> tsWithSound() {
  return makeSegments("ts", "-c:a aac -b:a 64k", "ts");
}
inline std::vector<std::string> tsSilent() {
  return makeSegments("ts-silent", "-map 0", "ts");
}

struct Probe {
  double duration_s = 0;
  int pictures = 0, sounds = 0;
  bool monotonic = true;
};
inline Probe probe(const fs::path& file) {
  Probe found;
  found.duration_s =
      std::stod(run("ffprobe -v error -show_entries format=duration -of csv=p=0 '" + file.string() + "'"));
  std::istringstream lines(
      run("ffprobe -v error -show_entries packet=codec_type,dts -of csv=p=0 '" + file.string() + "'"));
  std::map<std::string, std::int64_t> last;
  for (std::string line; std::getline(lines, line);) {
    const std::string kind = line.substr(0, line.find(','));
    if (kind.empty()) continue;
    const std::int64_t dts = std::stoll(line.substr(line.find(',') + 1));
    if (last.contains(kind) && dts <= last[kind]) found.monotonic = false;
    last[kind] = dts;
    ++(kind == "video" ? found.pictures : found.sounds);
  }
  return found;
}

// A clock that tests move while threads read it.
class MovedClock final : public Clock {
 public:
  MonoTime now() const override { return MonoTime(Duration(now_.load())); }
  WallTime wall() const override {
    return WallTime(std::chrono::milliseconds(1'700'000'000'000 + ahead_ms_.load() + now_.load() / 1'000'000));
  }
  void advance(Duration by) { now_ += by.count(); }
  // The wall clock alone is set, as by a time server.
  void stepWall(Duration by) { ahead_ms_ += toMs(by); }

 private:
  std::atomic<std::int64_t> now_{3600LL * 1'000'000'000}, ahead_ms_{0};
};

class CaptureBench {
 public:
  explicit CaptureBench(const std::function<void(CaptureSettings&, CaptureParts&)>& change = {}, fs::path path = {})
      // One that is given is the caller's to remove: a child that is killed removes nothing.
      : path_(path.empty() ? folder_.emplace().path() : std::move(path)), change_(change) {
    open();
  }
  ~CaptureBench() { close(); }

  void open() {
    data_ = store::DataFolder::open(path_, "test").value();
    database = store::Database::open(*data_).value();
    audit = std::make_unique<identity::Audit>(*database, clock);
    CaptureSettings settings;
    settings.folder = path_ / "captures";
    CaptureParts parts{*database, *audit, clock, {}, TEST_MEDIA_WORKER, {}, {}, {}, 0};
    if (change_) change_(settings, parts);
    captures = Captures::open(std::move(parts), settings).value();
    captures->onChange(
        [this](const CapturePtr& capture) {
          std::lock_guard lock(mutex_);
          seen_.push_back(capture);
          changed_.notify_all();
        },
        [this](const DeviceId&, CaptureId id) {
          std::lock_guard lock(mutex_);
          gone_.push_back(id);
          changed_.notify_all();
        });
  }
  void close() {
    if (captures) captures->end();
    if (database) database->close();
    captures.reset();
    audit.reset();
    database.reset();
    data_.reset();
  }
  void restart() {
    close();
    open();
  }

  static DeviceId device(const char* name = "lab-camera") { return DeviceId::parse(name).value(); }
  Result<CaptureId> begin(const std::string& key, const char* of = "lab-camera", const std::string& trigger = "pir") {
    return store::waitFor<CaptureId>([&](auto done) {
      captures->begin({device(of), key, trigger, 1'600'000'000'000}, done);
    });
  }

  struct Sending {
    std::shared_ptr<SegmentWriter> writer;
    std::shared_ptr<std::promise<Result<std::uint64_t>>> opened =
        std::make_shared<std::promise<Result<std::uint64_t>>>();
    std::shared_ptr<std::atomic<bool>> told = std::make_shared<std::atomic<bool>>(false);
    Result<std::uint64_t> offset() { return opened->get_future().get(); }
  };
  Sending start(CaptureId id, SegmentStart segment) {
    Sending sending;
    sending.writer = captures->segment(id, std::move(segment),
                                       [opened = sending.opened, told = sending.told](Result<std::uint64_t> offset) {
                                         if (!told->exchange(true)) opened->set_value(std::move(offset));
                                       });
    return sending;
  }
  static Status finish(SegmentWriter& writer) {
    std::promise<Status> answer;
    writer.finish([&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }
  static SegmentStart announced(std::uint32_t number, const std::string& bytes, const std::string& format = "mp4") {
    return {number, bytes.size(), sha256(bytes), format};
  }
  // Sends a whole segment, in pieces.
  Status send(CaptureId id, const SegmentStart& segment, std::string_view bytes, std::size_t piece = 65536) {
    Sending sending = start(id, segment);
    const auto from = sending.offset();
    if (!from) return fail(from.error());
    for (std::size_t at = *from; at < bytes.size(); at += piece) sending.writer->write(bytes.substr(at, piece), at);
    return finish(*sending.writer);
  }
  Status send(CaptureId id, std::uint32_t number, const std::string& bytes, const std::string& format = "mp4") {
    return send(id, announced(number, bytes, format), bytes);
  }
  Status end(CaptureId id, std::optional<std::uint32_t> segments = {}) {
    std::promise<Status> answer;
    captures->end(id, segments, [&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }
  Status erase(CaptureId id) {
    std::promise<Status> answer;
    captures->erase(id, {"u-1", "Ada", ""}, [&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }
  // Waits until the capture is in one of these states.
  CapturePtr until(CaptureId id, std::vector<CaptureState> states,
                   std::chrono::seconds patience = std::chrono::seconds(30)) {
    std::unique_lock lock(mutex_);
    CapturePtr capture;
    const auto there = [&] {
      capture = captures->find(id);
      return !capture || std::find(states.begin(), states.end(), capture->state) != states.end();
    };
    if (!changed_.wait_for(lock, patience, there)) throw std::runtime_error("it does not come");
    return capture;
  }
  CapturePtr joined(CaptureId id) { return until(id, {CaptureState::ready, CaptureState::failed}); }
  bool waitGone(CaptureId id) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5),
                             [&] { return std::find(gone_.begin(), gone_.end(), id) != gone_.end(); });
  }
  std::vector<CaptureSegment> segments(CaptureId id) {
    return store::waitFor<std::vector<CaptureSegment>>([&](auto done) { captures->segments(id, done); }).value();
  }
  fs::path file(CaptureId id, const std::string& name) const { return path_ / "captures" / std::to_string(id) / name; }
  // Everything that was queued for the files and the store of this capture is done.
  void settle(CaptureId id) {
    // News comes before what the writer of the store has the files do behind it.
    const auto written = [&] { static_cast<void>(database->writeNow([](store::Session&) -> Status { return {}; })); };
    written();
    static_cast<void>(start(id, {kMaxSegments - 1, 1, std::string(64, '0'), "mp4"}).offset());
    written();
  }

  MovedClock clock;
  std::unique_ptr<store::Database> database;
  std::unique_ptr<identity::Audit> audit;
  std::unique_ptr<Captures> captures;

 private:
  std::optional<robohub::test::TempFolder> folder_;
  const fs::path path_;
  const std::function<void(CaptureSettings&, CaptureParts&)> change_;
  std::unique_ptr<store::DataFolder> data_;
  std::mutex mutex_;  // guards seen_ and gone_
  std::condition_variable changed_;
  std::vector<CapturePtr> seen_;
  std::vector<CaptureId> gone_;
};

}  // namespace robohub::media::test
