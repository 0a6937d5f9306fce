#include "agent/state_folder.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "agent/random.hpp"

namespace robohub::agent {
namespace {

using process::FileDescriptor;
namespace fs = std::filesystem;

constexpr const char* kKey = "key";
constexpr const char* kClaiming = "key.claiming";
constexpr std::size_t kKeyChars = 43;  // 32 bytes in base64url

std::string why(int error) {
  return std::string(std::strerror(error));
}

Error notWritable(const fs::path& path, int error) {
  return {error == EACCES || error == EPERM ? ErrorCode::permission_denied : ErrorCode::internal,
          "The agent's state cannot be kept: " + why(error) + ".", path.string()};
}

std::string fingerprint(std::string_view code) {
  unsigned char hash[16];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(code.data()), code.size(), nullptr, 0);
  char hex[2 * sizeof hash + 1];
  sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
  return hex;
}

struct KeyFile {
  std::string key, fingerprint;
};

// Nothing when there is no such file.
Result<std::optional<KeyFile>> readKeyFile(const fs::path& path) {
  // Not blocking: a driver that may make names here could have made it a pipe.
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) {
    if (errno == ENOENT) return std::optional<KeyFile>();
    return fail(notWritable(path, errno));
  }
  char text[256];
  const ssize_t size = ::read(fd.get(), text, sizeof text);
  if (size < 0) return fail(notWritable(path, errno));
  const std::string_view all(text, static_cast<std::size_t>(size));
  const auto end = all.find('\n');
  if (end != kKeyChars || all.back() != '\n')
    return fail(ErrorCode::corrupt,
                "The agent's key file is damaged. Delete it, enrol the device again and write the new claim code into "
                "agent.yaml.",
                path.string());
  return std::optional<KeyFile>(
      KeyFile{std::string(all.substr(0, end)), std::string(all.substr(end + 1, all.size() - end - 2))});
}

Status syncFolder(const fs::path& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail(notWritable(folder, errno));
  return {};
}

Status writeKeyFile(const fs::path& path, const KeyFile& content) {
  const fs::path fresh = path.string() + ".new";
  ::unlink(fresh.c_str());
  const FileDescriptor fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return fail(notWritable(fresh, errno));
  const std::string text = content.key + "\n" + content.fingerprint + "\n";
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(fd.get()) != 0 ||
      ::rename(fresh.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return fail(notWritable(path, error));
  }
  return syncFolder(path.parent_path());
}

// `before`: where older agents kept it.
Status makePlaceFor(const fs::path& driver_state, const fs::path& before) {
  const fs::path place = driver_state.parent_path();
  if (::mkdir(place.c_str(), 0700) != 0 && errno != EEXIST) return fail(notWritable(place, errno));
  if (::access(driver_state.c_str(), F_OK) == 0 || ::access(before.c_str(), F_OK) != 0) return {};
  if (::rename(before.c_str(), driver_state.c_str()) != 0) return fail(notWritable(driver_state, errno));
  if (auto synced = syncFolder(place); !synced) return synced;
  return syncFolder(before.parent_path());
}

}  // namespace

Result<StateFolder> StateFolder::open(const fs::path& folder) {
  std::error_code ec;
  fs::create_directories(folder.parent_path(), ec);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail(notWritable(folder, errno));
  struct stat facts {};
  if (::stat(folder.c_str(), &facts) != 0) return fail(notWritable(folder, errno));
  if (!S_ISDIR(facts.st_mode)) return fail(ErrorCode::internal, "This is no folder.", folder.string());
  if (facts.st_mode & 0022)
    return fail(ErrorCode::permission_denied,
                "Group or others may write into the agent's folder, and so change its key: chmod go-w it.",
                folder.string());
  FileDescriptor lock(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return fail(notWritable(folder / "lock", errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return fail(ErrorCode::conflict, "Another agent is running with this state folder.", folder.string());
    return fail(notWritable(folder / "lock", errno));
  }
  StateFolder state(folder, std::move(lock));
  if (auto made = makePlaceFor(state.driverState(), folder / "rh.state"); !made) return fail(made.error());
  return state;
}

Result<std::string> StateFolder::key() const {
  auto file = readKeyFile(folder_ / kKey);
  if (!file) return fail(file.error());
  return *file ? (*file)->key : std::string();
}

Result<bool> StateFolder::claimedWith(std::string_view code) const {
  auto file = readKeyFile(folder_ / kKey);
  if (!file) return fail(file.error());
  return *file && (*file)->fingerprint == fingerprint(code);
}

Result<std::string> StateFolder::keyForClaim(std::string_view code) {
  const fs::path path = folder_ / kClaiming;
  const std::string mark = fingerprint(code);
  // One of an earlier attempt may have reached the hub already, so the same code must come with the same key again. A
  // damaged one never did: it is replaced.
  auto before = readKeyFile(path);
  if (!before && before.error().code != ErrorCode::corrupt) return fail(before.error());
  if (before && *before && (*before)->fingerprint == mark) return (*before)->key;
  const KeyFile fresh{randomKey(), mark};
  if (auto written = writeKeyFile(path, fresh); !written) return fail(written.error());
  return fresh.key;
}

Status StateFolder::adoptClaimedKey() {
  if (::rename((folder_ / kClaiming).c_str(), (folder_ / kKey).c_str()) != 0)
    return fail(notWritable(folder_ / kKey, errno));
  return syncFolder(folder_);
}

}  // namespace robohub::agent
