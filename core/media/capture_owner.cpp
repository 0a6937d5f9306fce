#include "media/capture_owner.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace robohub::media {

namespace fs = std::filesystem;

namespace {

// "before-20261121T152207Z"
std::string nameOf(WallTime now) {
  const auto seconds = static_cast<time_t>(toMs(now) / 1000);
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t length = ::strftime(text, sizeof text, "before-%Y%m%dT%H%M%SZ", &parts);
  return std::string(text, length);
}

Status move(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return fail(fileError(errno, from.string() + " cannot be set aside"));
}

}  // namespace

bool isMarked(const CaptureFiles& files, const std::string& database_id) {
  std::string found;
  return std::getline(std::ifstream(files.folder() / kMarkFile), found) && found == database_id;
}

Status mark(const CaptureFiles& files, const std::string& database_id) {
  const fs::path file = files.folder() / kMarkFile, fresh = file.string() + ".part";
  const process::FileDescriptor out(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out) return fail(fileError(errno, fresh.string() + " cannot be written"));
  if (Status wrote = writeAll(out.get(), database_id + "\n"); !wrote) return wrote;
  if (Status synced = syncFile(out.get()); !synced) return synced;
  if (::rename(fresh.c_str(), file.c_str()) != 0) return fail(fileError(errno, file.string() + " cannot be written"));
  return syncFolder(files.folder());
}

SetAside::SetAside(const CaptureFiles& files, WallTime now) : files_(files), name_(nameOf(now)) {}

// One of its own: on a machine whose clock begins anew at each start the name may be there already.
Status SetAside::make() {
  constexpr int kMostTries = 1000;
  for (int again = 1; folder_.empty() && again <= kMostTries; ++again) {
    const fs::path folder = files_.folder() / (again == 1 ? name_ : name_ + "-" + std::to_string(again));
    if (::mkdir(folder.c_str(), 0700) == 0)
      folder_ = folder;
    else if (errno != EEXIST || again == kMostTries)
      return fail(fileError(errno, "The folder " + folder.string() + " cannot be made"));
  }
  return {};
}

Status SetAside::capture(CaptureId id) {
  if (Status made = make(); !made) return made;
  if (Status moved = move(files_.of(id), folder_ / std::to_string(id)); !moved) return moved;
  ++captures_;
  return {};
}

Status SetAside::segment(CaptureId id, const std::string& name) {
  if (Status made = make(); !made) return made;
  const fs::path to = folder_ / std::to_string(id);
  if (::mkdir(to.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(fileError(errno, "The folder " + to.string() + " cannot be made"));
  if (Status moved = move(files_.file(id, name), to / name); !moved) return moved;
  return syncFolder(to);
}

Status SetAside::sync() const {
  if (folder_.empty()) return {};
  if (Status synced = syncFolder(folder_); !synced) return synced;
  return syncFolder(files_.folder());
}

}  // namespace robohub::media
