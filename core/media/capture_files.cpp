#include "media/capture_files.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>

namespace robohub::media {

namespace fs = std::filesystem;
using process::FileDescriptor;

namespace {

std::string numbered(std::uint32_t number, const char* ending) {
  char name[32];
  std::snprintf(name, sizeof name, "%05u.%s", number, ending);
  return name;
}

Status makeOne(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return syncFolder(folder.parent_path());
  if (errno != EEXIST) return fail(fileError(errno, "The folder " + folder.string() + " cannot be made"));
  std::error_code none;
  if (!fs::is_directory(fs::symlink_status(folder, none)))
    return fail(ErrorCode::conflict, folder.string() + " is in the way of captures: it is no folder.");
  return {};
}

}  // namespace

std::string segmentFile(std::uint32_t number) {
  return numbered(number, "seg");
}
std::string segmentPart(std::uint32_t number) {
  return numbered(number, "part");
}

Error fileError(int error, const std::string& what) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  const ErrorCode code = full                                ? ErrorCode::exhausted
                         : error == EACCES || error == EPERM ? ErrorCode::permission_denied
                         : error == ENOENT                   ? ErrorCode::not_found
                                                             : ErrorCode::internal;
  return {code, what + ": " + (full ? "the disk is full" : ::strerror(error)) + ".", ""};
}

Status CaptureFiles::makeFolder() const {
  std::error_code error;
  fs::create_directories(folder_.parent_path(), error);
  return makeOne(folder_);
}

Status CaptureFiles::makeFolder(CaptureId id) const {
  return makeOne(of(id));
}

Result<FileDescriptor> CaptureFiles::open(CaptureId id, std::string_view name, int flags) const {
  FileDescriptor fd(::open(file(id, name).c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!fd) return fail(fileError(errno, "A file of capture " + std::to_string(id) + " cannot be opened"));
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
    return fail(ErrorCode::corrupt,
                "Something that is no file lies among those of capture " + std::to_string(id) + ".");
  return fd;
}

Status CaptureFiles::rename(CaptureId id, std::string_view from, std::string_view to) const {
  if (::rename(file(id, from).c_str(), file(id, to).c_str()) != 0)
    return fail(fileError(errno, "A file of capture " + std::to_string(id) + " cannot get its name"));
  return syncFolder(of(id));
}

bool CaptureFiles::remove(CaptureId id, std::string_view name) const {
  return ::unlink(file(id, name).c_str()) == 0 || errno == ENOENT;
}

bool CaptureFiles::removeAll(CaptureId id) const {
  std::error_code error;
  fs::remove_all(of(id), error);
  return !error;
}

bool CaptureFiles::has(CaptureId id, std::string_view name) const {
  struct stat facts {};
  return ::lstat(file(id, name).c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

bool CaptureFiles::hasFolder(CaptureId id) const {
  struct stat facts {};
  return ::lstat(of(id).c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

std::int64_t CaptureFiles::size(CaptureId id, std::string_view name) const {
  struct stat facts {};
  return ::lstat(file(id, name).c_str(), &facts) == 0 && S_ISREG(facts.st_mode) ? facts.st_size : 0;
}

std::vector<CaptureId> CaptureFiles::present() const {
  std::vector<CaptureId> ids;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    CaptureId id = 0;
    const auto [last, fault] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (fault == std::errc() && last == name.data() + name.size() && id > 0 && std::to_string(id) == name)
      ids.push_back(id);
  }
  return ids;
}

void CaptureFiles::removeParts(CaptureId id) const {
  std::error_code error;
  for (fs::directory_iterator at(of(id), error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".part") remove(id, at->path().filename().string());
}

std::vector<std::uint32_t> CaptureFiles::unfinished(CaptureId id) const {
  std::vector<std::uint32_t> numbers;
  std::error_code error;
  for (fs::directory_iterator at(of(id), error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::uint32_t number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (segmentPart(number) == name) numbers.push_back(number);
  }
  return numbers;
}

std::vector<std::string> CaptureFiles::segments(CaptureId id) const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(of(id), error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".seg") names.push_back(at->path().filename().string());
  return names;
}

Status syncFolder(const fs::path& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail(fileError(errno, "The folder of captures cannot be synced"));
  return {};
}

Status writeAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return fail(fileError(errno, "A capture cannot be written"));
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Status syncFile(int descriptor) {
  if (::fdatasync(descriptor) != 0) return fail(fileError(errno, "A capture cannot be synced"));
  return {};
}

}  // namespace robohub::media
