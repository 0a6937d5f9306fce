// Captures in a hub: made before the devices whose pictures they keep, told to whoever watches.
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "hub/log.hpp"
#include "hub/parts.hpp"
#include "media/capture_owner.hpp"
#include "media/captures.hpp"
#include "media/recorder.hpp"
#include "net/websocket.hpp"

namespace robohub::hub {

namespace {

// The programs of one installation lie side by side; those of the tests lie beside them, in a folder of their own.
std::filesystem::path workerProgram() {
  std::error_code none;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
  constexpr const char* kName = "robohub-media-worker";
  return std::filesystem::exists(own / kName, none) ? own / kName : own.parent_path() / "bin" / kName;
}

// What is kept for stops and turns lies on the disk of the data folder, which may be another one.
std::optional<media::DiskRoom> diskOf(const std::filesystem::path& captures, const std::filesystem::path& data,
                                      std::int64_t kept_bytes) {
  // Where it is read-only or not mounted (then it has no mark), nothing that is deleted would make room on it.
  if (::access(captures.c_str(), W_OK) != 0 || ::access((captures / media::kMarkFile).c_str(), F_OK) != 0)
    return std::nullopt;
  struct stat here {};
  struct stat there {};
  struct statvfs disk {};
  if (::stat(data.c_str(), &here) != 0 || ::stat(captures.c_str(), &there) != 0 ||
      ::statvfs(captures.c_str(), &disk) != 0 || disk.f_blocks == 0)
    return std::nullopt;
  return media::DiskRoom{static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize),
                         here.st_dev == there.st_dev ? kept_bytes : 0};
}

}  // namespace

Status Hub::Parts::makeCaptures() {
  media::CaptureSettings say = settings_now->captures;
  if (say.folder.empty()) say.folder = folder->path() / "captures";
  captures_folder = say.folder;
  const auto tell = [](bool error, const std::string& text) {
    log(error ? link::EventLevel::error : link::EventLevel::info, text);
  };
  const auto room = [this] { return reserve->roomForExtras(); };
  const auto disk = [this] { return diskOf(captures_folder, folder->path(), reserve->keptBytes()); };
  auto opened = media::Captures::open({*database, *audit, clock, room, workerProgram(), tell, {}, disk}, say);
  if (!opened) return fail(opened.error());
  captures = std::move(*opened);
  return {};
}

void Hub::Parts::followCaptures() {
  const auto toWatchers = [this](const DeviceId& device, const std::string& text) {
    const SharedBytes frame = net::WebSocket::frameText(text);
    for (std::size_t i = 0; i < audiences->size(); ++i)
      audiences->post(i, [device, frame](live::Audience& audience) {
        audience.toWatchers(device, frame, net::SendClass::control);
      });
  };
  captures->onChange(
      [toWatchers](const media::CapturePtr& capture) {
        toWatchers(capture->device, "{\"type\":\"capture\",\"capture\":" + media::captureJson(*capture) + "}");
      },
      [toWatchers](const DeviceId& device, media::CaptureId id) {
        toWatchers(device, "{\"type\":\"capture_gone\",\"device\":" + json::quote(device.str()) +
                               ",\"id\":" + std::to_string(id) + "}");
      });
  recorder = std::make_unique<media::Recorder>(*captures, *loops, clock, *audit, workerProgram());
  agents->keepCaptures(captures.get());
}

void Hub::Parts::configureCaptures(const Settings& next) {
  media::CaptureSettings say = next.captures;
  say.folder = captures_folder;
  captures->configure(say);
}

void Hub::Parts::endCaptures() {
  if (recorder) recorder->endAll();
  if (captures) captures->end();
}

}  // namespace robohub::hub
