#include "identity/certificate_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "identity/secrets.hpp"
#include "net/fd.hpp"

namespace robohub::identity {

namespace {

constexpr std::size_t kLimit = 256 * 1024;

tl::unexpected<Error> failed(int error, const std::filesystem::path& file, const char* what) {
  const ErrorCode code = error == ENOSPC || error == EDQUOT                    ? ErrorCode::exhausted
                         : error == EACCES || error == EPERM || error == EROFS ? ErrorCode::permission_denied
                                                                               : ErrorCode::internal;
  return fail(code, file.string() + " cannot be " + what + ": " + std::strerror(error) + ".");
}

// Nullopt when it is missing.
Result<std::optional<std::string>> readFile(const std::filesystem::path& file, bool secret) {
  const net::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd && errno == ENOENT) return std::nullopt;
  struct stat about {};
  if (!fd || ::fstat(fd.get(), &about) != 0) return failed(errno, file, "read");
  if (secret && (about.st_mode & 077) != 0)
    return fail(ErrorCode::permission_denied, file.string() + " may be read by others than its owner: chmod 600 " +
                                                  file.string() + ", and think about who may have read it.");
  if (static_cast<std::size_t>(about.st_size) > kLimit)
    return fail(ErrorCode::too_large, file.string() + " is too large for a certificate or key.");
  std::string text(kLimit, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = ::read(fd.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno, file, "read");
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  text.resize(size);
  return text;
}

bool writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::filesystem::path folderOf(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

// What root writes for somebody's hub is that user's: of whom the file was that is replaced, or, where there was none,
// of whom the folder is, as everything in it.
bool giveToOwner(int fd, const std::filesystem::path& folder, const std::filesystem::path& replaced = {}) {
  struct stat about {};
  if (::geteuid() != 0) return true;
  const bool known =
      (!replaced.empty() && ::stat(replaced.c_str(), &about) == 0) || ::stat(folder.c_str(), &about) == 0;
  return known && ::fchown(fd, about.st_uid, about.st_gid) == 0;
}

}  // namespace

Status writeFileDurably(const std::filesystem::path& file, std::string_view text, unsigned mode) {
  const std::filesystem::path folder = folderOf(file);
  const std::filesystem::path temporary = file.string() + ".new-" + randomHex(6);
  const net::UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return failed(errno, file, "written");
  const bool written = writeAll(fd.get(), text) && giveToOwner(fd.get(), folder, file) &&
                       ::fchmod(fd.get(), mode) == 0 && ::fsync(fd.get()) == 0 &&
                       ::rename(temporary.c_str(), file.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return failed(error, file, "written");
  }
  const net::UniqueFd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return failed(errno, folder, "synced");
  return {};
}

Result<std::optional<PemPair>> readPemPair(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  auto key_text = readFile(key, true);
  if (!key_text) return fail(std::move(key_text.error()));
  auto certificate_text = readFile(certificate, false);
  if (!certificate_text) return fail(std::move(certificate_text.error()));
  if (!*key_text || !*certificate_text) return std::nullopt;
  return PemPair{std::move(**certificate_text), std::move(**key_text)};
}

Status writePemPair(const std::filesystem::path& certificate, const std::filesystem::path& key, const PemPair& pair) {
  for (const std::filesystem::path& folder : {folderOf(certificate), folderOf(key)}) {
    if (::mkdir(folder.c_str(), 0700) == 0) {
      const net::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!fd || !giveToOwner(fd.get(), folderOf(folder))) return failed(errno, folder, "given to its owner");
    } else if (errno != EEXIST) {
      return failed(errno, folder, "made");
    }
  }
  if (Status written = writeFileDurably(key, pair.key_pem, 0600); !written) return written;
  return writeFileDurably(certificate, pair.certificate_pem, 0644);
}

}  // namespace robohub::identity
