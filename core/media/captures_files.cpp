// Reading the files of captures, and keeping single pictures.
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/json.hpp"
#include "media/capture_joiner.hpp"
#include "media/captures.hpp"
#include "media/captures_parts.hpp"
#include "media/jpeg_size.hpp"

namespace robohub::media {

namespace {

constexpr std::size_t kMostAtOnce = 1024 * 1024;

Error tooMuchAsked() {
  return {ErrorCode::exhausted, "Too many files of captures are asked for at once.", ""};
}

// "lab-camera-2026-11-21T15-22-07.mp4": a device id is a plain name, so nothing has to be quoted.
std::string nameOf(const Capture& capture, const char* ending) {
  const time_t seconds = static_cast<time_t>(capture.started_ms / 1000);
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t length = ::strftime(text, sizeof text, "%Y-%m-%dT%H-%M-%S", &parts);
  return capture.device.str() + "-" + std::string(text, length) + ending;
}

Status fileIsThere(const Capture& capture, Captures::File which) {
  if (which == Captures::File::video && capture.kind() == CaptureKind::still)
    return fail(ErrorCode::conflict, "This capture is one picture, it has no video.");
  if (capture.state == CaptureState::ready) return {};
  const char* why = capture.state == CaptureState::open      ? "It is still open: segments may come."
                    : capture.state == CaptureState::joining ? "Its segments are being joined."
                                                             : "Nothing of it can be shown.";
  return fail(ErrorCode::conflict, "The capture is not ready. " + std::string(why));
}

std::shared_ptr<const int> holdFile(process::FileDescriptor file) {
  auto held = std::make_shared<process::FileDescriptor>(std::move(file));
  return {new int(held->get()), [held](const int* number) { delete number; }};
}

}  // namespace

void Captures::file(CaptureId id, File which, std::function<void(Result<CaptureFile>)> done) const {
  const CapturePtr capture = parts_->index.find(id);
  if (!capture) return done(fail(ErrorCode::not_found, "There is no capture " + std::to_string(id) + "."));
  if (Status there = fileIsThere(*capture, which); !there) return done(fail(there.error()));
  const bool queued = parts_->readers.run(0, [parts = parts_, capture, which, done] {
    const bool video = which == File::video;
    auto file = parts->files.open(capture->id, video ? kVideoFile : kStillFile, O_RDONLY);
    if (!file && file.error().code == ErrorCode::not_found)
      return done(fail(video ? Error{ErrorCode::corrupt, "The video of this capture is gone from the disk.", ""}
                             : Error{ErrorCode::conflict, "There is no picture of this capture.", ""}));
    if (!file) return done(fail(std::move(file.error())));
    struct stat facts {};
    if (::fstat(file->get(), &facts) != 0) return done(fail(fileError(errno, "A capture cannot be read")));
    CaptureFile found;
    found.bytes = static_cast<std::uint64_t>(facts.st_size);
    // It is another one whenever it is joined again.
    found.etag = "\"c" + std::to_string(capture->id) + "-" + std::to_string(facts.st_size) + "-" +
                 std::to_string(facts.st_mtim.tv_sec) + "." + std::to_string(facts.st_mtim.tv_nsec) + "\"";
    found.name = nameOf(*capture, video ? ".mp4" : ".jpg");
    found.descriptor = holdFile(std::move(*file));
    done(std::move(found));
  });
  if (!queued) done(fail(tooMuchAsked()));
}

void Captures::read(const CaptureFile& file, std::uint64_t offset, std::size_t bytes,
                    std::function<void(Result<std::string>)> done) const {
  const bool queued = parts_->readers.run(0, [held = file.descriptor, offset, bytes, done] {
    std::string buffer(std::min(bytes, kMostAtOnce), '\0');
    std::size_t have = 0;
    while (have < buffer.size()) {
      const ssize_t got = ::pread(*held, buffer.data() + have, buffer.size() - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return done(fail(fileError(errno, "A capture cannot be read")));
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    buffer.resize(have);
    done(std::move(buffer));
  });
  if (!queued) done(fail(tooMuchAsked()));
}

// A row that is open while the picture is written, so that a crash leaves a capture that ends as failed.
void Captures::keepStill(const DeviceId& device, PicturePtr picture, identity::Actor by,
                         std::function<void(Result<CapturePtr>)> done) {
  const auto size = jpegSize(picture->jpeg());
  if (!size) return done(fail(ErrorCode::invalid_argument, "The newest picture is damaged."));
  const auto bytes = static_cast<std::int64_t>(picture->jpeg_bytes);
  // Before older ones go for it.
  if (Status may = parts_->mayBegin(device); !may) return done(fail(may.error()));
  if (Status room = parts_->reserveStill(device, bytes); !room) return done(fail(room.error()));
  auto promise =
      std::shared_ptr<void>(nullptr, [parts = parts_, device, bytes](void*) { parts->index.release(device, bytes); });
  const std::int64_t now_ms = parts_->nowMs();
  CaptureStart start{device, uniqueKey("still"), "still", now_ms};
  begin(start, [parts = parts_, picture, by, size, bytes, now_ms, promise, done](const Result<CaptureId>& begun) {
    if (!begun) return done(fail(begun.error()));
    const CaptureId id = *begun;
    const auto keep = [parts, picture, by, size, bytes, now_ms, promise, id, done] {
      Status kept = parts->files.makeFolder(id);
      if (kept) {
        auto file = parts->files.open(id, "still.part", O_RDWR | O_CREAT | O_TRUNC);
        kept = file ? writeAll(file->get(), picture->jpeg()) : fail(file.error());
        if (kept) kept = syncFile(file->get());
        if (kept) kept = parts->files.rename(id, "still.part", kStillFile);
      }
      const auto how = [=, &audit = parts->given.audit](store::Session& database, Capture& row) -> Status {
        row.ended_ms = now_ms;
        row.state = kept ? CaptureState::ready : CaptureState::failed;
        row.message = kept ? "" : kept.error().message;
        if (!kept) return {};
        row.bytes = bytes;
        row.width = size->width;
        row.height = size->height;
        return audit.append(database, {by, "capture.snapshot", "capture:" + std::to_string(id), identity::Outcome::ok,
                                       "{\"device\":" + json::quote(row.device.str()) + "}"});
      };
      parts->amend(id, how, [kept, done, promise](const Result<CapturePtr>& capture) {
        if (!kept) return done(fail(kept.error()));
        done(capture);
      });
    };
    if (!parts->writers.run(id, keep))
      parts->conclude(id, {}, false, [done](const Status&) { done(fail(tooMuchAsked())); });
  });
}

}  // namespace robohub::media
