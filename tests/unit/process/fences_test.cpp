// What a process has given up by CallFilter and FileFence, tried by one that did.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>

#include "process/call_filter.hpp"
#include "process/file_fence.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using process::CallFilter;
using process::FileFence;

namespace {

// What a child finds that gives something up and then tries: 0 it worked, else its errno (254: it could not give up,
// 255: it ended otherwise).
int tried(const std::function<bool()>& give_up, const std::function<bool()>& attempt) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !give_up()) ::_exit(254);
    errno = 0;
    ::_exit(attempt() ? 0 : errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

int filtered(const CallFilter& filter, const std::function<bool()>& attempt) {
  return tried([&] { return filter.install().has_value(); }, attempt);
}

bool opens(const std::filesystem::path& file, int how) {
  return ::open(file.c_str(), how | O_CLOEXEC, 0600) >= 0;
}

}  // namespace

TEST_CASE("a filter refuses the calls that it names, with the errno that it says") {
  CallFilter filter(CallFilter::Rest::allowed);
  filter.refuse(SYS_getppid, ENOSYS);
  filter.refuse(SYS_sync, EPERM);
  CHECK(filtered(filter, [] { return ::syscall(SYS_getppid) >= 0; }) == ENOSYS);
  CHECK(filtered(filter, [] { return ::syscall(SYS_sync) == 0; }) == EPERM);
  CHECK(filtered(filter, [] { return ::syscall(SYS_getuid) >= 0; }) == 0);
}

TEST_CASE("a filter tells a call's arguments apart") {
  CallFilter filter(CallFilter::Rest::allowed);
  filter.allowOnly(SYS_umask, 0, {0, 022, 027});
  filter.refuseValues(SYS_lseek, 2, {SEEK_CUR, SEEK_END});
  filter.refuseBits(SYS_dup3, 2, O_CLOEXEC);
  for (const int good : {0, 022, 027}) CHECK(filtered(filter, [&] { return ::syscall(SYS_umask, good) >= 0; }) == 0);
  for (const int bad : {1, 021, 077}) CHECK(filtered(filter, [&] { return ::syscall(SYS_umask, bad) >= 0; }) == EPERM);

  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK(filtered(filter, [&] { return ::lseek(null, 0, SEEK_SET) == 0; }) == 0);
  CHECK(filtered(filter, [&] { return ::lseek(null, 0, SEEK_CUR) == 0; }) == EPERM);
  CHECK(filtered(filter, [&] { return ::lseek(null, 0, SEEK_END) == 0; }) == EPERM);
  CHECK(filtered(filter, [&] { return ::syscall(SYS_dup3, null, 50, 0) == 50; }) == 0);
  CHECK(filtered(filter, [&] { return ::syscall(SYS_dup3, null, 50, O_CLOEXEC) == 50; }) == EPERM);
  ::close(null);
}

#if defined(__x86_64__)
TEST_CASE("the second numbers of this processor's calls are no way around a filter") {
  CallFilter filter(CallFilter::Rest::allowed);
  filter.refuse(SYS_getppid, EPERM);
  CHECK(filtered(filter, [] { return ::syscall(0x40000000 | SYS_getppid) >= 0; }) == ENOSYS);
}
#endif

TEST_CASE("behind a fence a process opens only what was let in") {
  if (!FileFence::make()) {
    WARN("left out: this kernel has no Landlock");
    return;
  }
  const robohub::test::TempFolder temp;
  for (const char* folder : {"read", "all", "names"}) std::filesystem::create_directory(temp.path() / folder);
  for (const char* file : {"read/a", "all/a", "names/a", "outside"}) std::ofstream(temp.path() / file) << "text";
  const auto fenced = [&](const std::function<bool()>& attempt) {
    return tried(
        [&] {
          auto fence = FileFence::make();
          return fence && fence->letIn(temp.path() / "read", FileFence::Use::read) &&
                 fence->letIn(temp.path() / "all", FileFence::Use::all) &&
                 fence->letIn(temp.path() / "names", FileFence::Use::names) &&
                 !fence->letIn(temp.path() / "nothing", FileFence::Use::all) && fence->close();
        },
        attempt);
  };
  CHECK(fenced([&] { return opens(temp.path() / "outside", O_RDONLY); }) == EACCES);
  CHECK(fenced([&] { return opens(temp.path() / "fresh", O_WRONLY | O_CREAT); }) == EACCES);
  CHECK(fenced([&] { return opens(temp.path() / "read/a", O_RDONLY); }) == 0);
  CHECK(fenced([&] { return opens(temp.path() / "read/a", O_WRONLY); }) == EACCES);
  CHECK(fenced([&] { return opens(temp.path() / "all/fresh", O_RDWR | O_CREAT); }) == 0);
  CHECK(fenced([&] { return opens(temp.path() / "all/a", O_WRONLY | O_TRUNC); }) == 0);
  CHECK(fenced([&] { return ::rename((temp.path() / "all/a").c_str(), (temp.path() / "all/b").c_str()) == 0; }) == 0);
  CHECK(fenced([&] { return opens(temp.path() / "names/a", O_RDONLY); }) == EACCES);
  CHECK(fenced([&] { return ::mkfifo((temp.path() / "names/pipe").c_str(), 0600) == 0; }) == 0);
  CHECK(fenced([&] { return ::unlink((temp.path() / "names/pipe").c_str()) == 0; }) == 0);
}

TEST_CASE("one file alone can be let in, but not by a link") {
  if (!FileFence::make()) {
    WARN("left out: this kernel has no Landlock");
    return;
  }
  const robohub::test::TempFolder temp;
  std::filesystem::create_directory(temp.path() / "folder");
  for (const char* file : {"one", "folder/other"}) std::ofstream(temp.path() / file) << "text";
  std::filesystem::create_symlink(temp.path() / "one", temp.path() / "link");
  const auto alone = [&](const std::function<bool()>& attempt) {
    return tried(
        [&] {
          auto fence = FileFence::make();
          return fence && fence->letIn(temp.path() / "one", FileFence::Use::all) &&
                 !fence->letIn(temp.path() / "link", FileFence::Use::all) && fence->close();
        },
        attempt);
  };
  CHECK(alone([&] { return opens(temp.path() / "one", O_RDWR); }) == 0);
  CHECK(alone([&] { return opens(temp.path() / "link", O_RDWR); }) == 0);  // it is the same file
  CHECK(alone([&] { return opens(temp.path() / "folder/other", O_RDONLY); }) == EACCES);
}
