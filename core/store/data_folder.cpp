#include "store/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/backup.hpp"

namespace robohub::store {
namespace {

constexpr std::size_t kSecretLimit = 64 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

tl::unexpected<Error> failWith(int error, const std::string& what) {
  auto code = error == ENOSPC || error == EDQUOT  ? ErrorCode::exhausted
              : error == EACCES || error == EPERM ? ErrorCode::permission_denied
                                                  : ErrorCode::internal;
  return fail(code, what + ": " + std::strerror(error) + ".");
}

Result<std::string> readAll(int fd, std::size_t limit) {
  std::string text(limit + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    ssize_t n = ::pread(fd, text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failWith(errno, "Reading failed");
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size > limit) return fail(ErrorCode::too_large, "The file is larger than " + std::to_string(limit) + " bytes.");
  text.resize(size);
  return text;
}

bool writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// A rename or removal is durable only when its folder is.
Status syncFolder(const std::filesystem::path& folder) {
  Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return failWith(errno, "The folder " + folder.string() + " cannot be synced");
  return {};
}

// A lock that root has made (restoring, say) must be the hub's: it belongs to whom the folder belongs to. A file with
// other names is left alone; whoever cannot give it away uses it as it is.
void giveToOwner(int lock, const std::filesystem::path& folder) {
  struct stat owner {
  }, about{};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &owner) != 0 || ::fstat(lock, &about) != 0) return;
  if (!S_ISREG(about.st_mode) || about.st_nlink != 1 || about.st_uid == owner.st_uid) return;
  if (::fchown(lock, owner.st_uid, owner.st_gid) != 0) errno = 0;
}

}  // namespace

Result<std::unique_ptr<DataFolder>> DataFolder::open(const std::filesystem::path& folder, std::string_view who) {
  std::error_code failed;
  if (auto parent = folder.parent_path(); !parent.empty()) std::filesystem::create_directories(parent, failed);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return failWith(errno, "The data folder " + folder.string() + " cannot be made");

  auto lock_path = folder / "hub.lock";
  Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return failWith(errno, "The data folder " + folder.string() + " cannot be used");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failWith(errno, "The lock " + lock_path.string() + " cannot be taken");
    auto holder = readAll(lock.get(), 256);
    std::string name = holder && !holder->empty() ? *holder : "another program";
    return fail(ErrorCode::conflict, "The data folder " + folder.string() + " is in use by " + name +
                                         ". End it first, or name another folder.");
  }
  giveToOwner(lock.get(), folder);
  // Only words for whoever comes next; the lock itself is the kernel's. On a full disk they are left out: the hub has
  // to start, and to give its ballast up, all the same.
  std::string text = std::string(who) + " (process " + std::to_string(::getpid()) + ")";
  if (::ftruncate(lock.get(), 0) != 0 || !writeAll(lock.get(), text)) errno = 0;
  // A restore whose program was killed; nobody may see it half done.
  if (auto finished = finishRestore(folder); !finished) return fail(std::move(finished.error()));
  return std::unique_ptr<DataFolder>(new DataFolder(folder, lock.release()));
}

DataFolder::~DataFolder() {
  // Emptied first, so that nobody reads the name of a program that has gone. The file stays: removing it would let two
  // programs lock two files of one name.
  if (::ftruncate(lock_, 0) != 0) errno = 0;
  ::close(lock_);
}

Result<std::optional<std::string>> DataFolder::readSecret(std::string_view name) const {
  auto path = file(name);
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return std::optional<std::string>();
  if (!fd) return failWith(errno, "The secret " + path.string() + " cannot be read");
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return failWith(errno, "The secret " + path.string() + " cannot be read");
  if (about.st_mode & 077)
    return fail(ErrorCode::permission_denied, "The secret " + path.string() +
                                                  " may be read by others. Type: chmod 600 " + path.string() +
                                                  " (and make a new one if somebody may have read it).");
  auto text = readAll(fd.get(), kSecretLimit);
  if (!text) return fail(text.error().code, path.string() + ": " + text.error().message);
  return std::optional<std::string>(std::move(*text));
}

Status DataFolder::writeSecret(std::string_view name, std::string_view text) const {
  auto path = file(name);
  auto temporary = file(std::string(name) + ".new");
  ::unlink(temporary.c_str());
  {
    Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd || !writeAll(fd.get(), text) || ::fsync(fd.get()) != 0) {
      int error = errno;
      ::unlink(temporary.c_str());
      return failWith(error, "The secret " + path.string() + " cannot be written");
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return failWith(errno, "The secret " + path.string() + " cannot be written");
  return syncFolder(path_);
}

Status DataFolder::remove(std::string_view name) const {
  auto path = file(name);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return failWith(errno, "The file " + path.string() + " cannot be removed");
  }
  return syncFolder(path_);
}

}  // namespace robohub::store
