#include "process/file_fence.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

namespace robohub::process {
namespace {

// All of the first version; what later ones have added, which older headers do not name.
constexpr std::uint64_t kFirst = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
constexpr std::uint64_t kRefer = 1ULL << 13;     // version 2: links and renames between folders
constexpr std::uint64_t kTruncate = 1ULL << 14;  // version 3

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kNames = LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
// What there is to allow of a file that is no folder; the kernel refuses a rule that says more.
constexpr std::uint64_t kOfFiles =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | kTruncate;

std::uint64_t rightsFor(FileFence::Use use) {
  switch (use) {
    case FileFence::Use::read: return kRead;
    case FileFence::Use::names: return kNames;
    case FileFence::Use::all: break;
  }
  return ~std::uint64_t{0};
}

std::string why() {
  return std::string("Opening files cannot be limited (Landlock): ") + ::strerror(errno);
}

}  // namespace

Result<FileFence> FileFence::make() {
  const long version = ::syscall(SYS_landlock_create_ruleset, static_cast<void*>(nullptr), std::size_t{0},
                                 LANDLOCK_CREATE_RULESET_VERSION);
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = kFirst | (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0);
  FileDescriptor set;
  if (version >= 1) set.reset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0U)));
  if (!set) return fail(ErrorCode::unsupported, why());
  return FileFence(std::move(set), rules.handled_access_fs);
}

bool FileFence::letIn(const std::filesystem::path& path, Use use) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  const FileDescriptor place(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
  struct stat facts {};
  if (!place || ::fstat(place.get(), &facts) != 0) return false;
  std::uint64_t rights = rightsFor(use) & handled_;
  if (!S_ISDIR(facts.st_mode)) rights &= kOfFiles;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = place.get();
  return ::syscall(SYS_landlock_add_rule, rules_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0U) == 0;
}

Status FileFence::close() const {
  if (::syscall(SYS_landlock_restrict_self, rules_.get(), 0U) == 0) return {};
  return fail(ErrorCode::internal, why());
}

}  // namespace robohub::process
