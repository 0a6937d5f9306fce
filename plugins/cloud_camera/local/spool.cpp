#include "cloud_camera/local/spool.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "hw/descriptor.hpp"
#include "rh/fault.hpp"

namespace cloud_camera {
namespace {

namespace fs = std::filesystem;
using rh::hw::Descriptor;

bool isBelow(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

void copyBytes(int from, int to, std::int64_t bytes) {
  std::array<char, 64 * 1024> buffer;
  while (bytes > 0) {
    const ssize_t n =
        ::read(from, buffer.data(), static_cast<std::size_t>(std::min<std::int64_t>(bytes, buffer.size())));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw rh::unavailable("it cannot be read to its end");
    for (ssize_t done = 0; done < n;) {
      const ssize_t written = ::write(to, buffer.data() + done, static_cast<std::size_t>(n - done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw rh::unavailable(std::string("it cannot be copied: ") + std::strerror(errno));
      done += written;
    }
    bytes -= n;
  }
}

}  // namespace

// Of a name alone: the older agent took them from the folder that it worked in.
std::string Spool::pathOf(const std::string& name) const {
  for (const std::string& folder : folders_) {
    struct stat facts {};
    const fs::path path = fs::path(folder) / name;
    if (::lstat(path.c_str(), &facts) == 0) return path.string();
  }
  throw rh::unavailable("it lies in none of the folders of local.folders");
}

Spool::Copy Spool::copy(const std::string& path) const {
  if (path.empty() || path.find('\0') != std::string::npos)
    throw rh::invalid("a segment is named by its path, or its name alone");
  const bool named = path.find('/') == std::string::npos;
  if (!named && path[0] != '/') throw rh::invalid("the path of a segment is absolute");
  const auto name = parseSegmentName(fs::path(path).filename().string());
  if (!name) throw rh::invalid("a segment's file is named <pir|cap>.<utc seconds>.<number>.<mp4|ts>");
  const fs::path asked(named ? pathOf(path) : path);
  // The folder as it really is, links and dots resolved; the file itself must be no link.
  std::error_code ec;
  const fs::path folder = fs::canonical(asked.parent_path(), ec);
  if (ec) throw rh::unavailable("its folder cannot be read: " + ec.message());
  const bool allowed = std::any_of(folders_.begin(), folders_.end(), [&](const std::string& each) {
    std::error_code missing;
    const fs::path real = fs::canonical(each, missing);
    return !missing && isBelow(folder, real);
  });
  if (!allowed) throw rh::invalid("it lies in none of the folders of local.folders");
  const Descriptor place(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Descriptor file(
      ::openat(place.get(), asked.filename().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid())
    throw rh::unavailable(errno == ELOOP    ? std::string("it is a link")
                          : errno == EACCES ? std::string("it may not be opened; if its folder was made or mounted after "
                                                          "the agent's start, start the agent again")
                                            : std::string("it cannot be opened: ") + std::strerror(errno));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) throw rh::invalid("it is no regular file");
  if (facts.st_size == 0) throw rh::invalid("it is empty");
  if (facts.st_size > max_bytes_) throw rh::Fault(RH_TOO_LARGE, "it is larger than local.max_segment_bytes");

  Copy copy{*name, kForeign + name->text()};
  const fs::path whole = spool_ / copy.file, part = whole.string() + ".part";
  ::unlink(part.c_str());
  try {
    const Descriptor to(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!to.valid()) throw rh::unavailable(std::string("it cannot be copied: ") + std::strerror(errno));
    copyBytes(file.get(), to.get(), facts.st_size);
    if (::fsync(to.get()) != 0) throw rh::unavailable(std::string("it cannot be copied: ") + std::strerror(errno));
  } catch (...) {
    ::unlink(part.c_str());
    throw;
  }
  if (::rename(part.c_str(), whole.c_str()) != 0)
    throw rh::unavailable(std::string("it cannot be copied: ") + std::strerror(errno));
  return copy;
}

}  // namespace cloud_camera
