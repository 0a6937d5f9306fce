#include "video/confine.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <thread>

#include "base/sanitized.hpp"

using namespace robohub;

namespace {

// What a confined child finds when it tries something: 0 it worked, else its errno (or 255: it ended otherwise).
int tried(const std::function<bool()>& attempt) {
  const pid_t child = ::fork();
  if (child == 0) {
    video::Confinement limits;
    limits.file_bytes = 4096;
    limits.memory_bytes = 64 << 20;
    if (!video::confine(limits)) ::_exit(254);
    errno = 0;
    ::_exit(attempt() ? 0 : errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

}  // namespace

TEST_CASE("a confined process can do nothing but read and write what it has open") {
  if (kSanitized) {
    WARN("left out: a sanitizer needs more than the filter allows");
    return;
  }
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK(tried([&] { return ::write(null, "x", 1) == 1; }) == 0);
  CHECK(tried([] { return ::open("/etc/passwd", O_RDONLY) >= 0; }) == EPERM);
  CHECK(tried([] { return ::open("/tmp/robohub-confined", O_WRONLY | O_CREAT, 0600) >= 0; }) == EPERM);
  CHECK(tried([] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }) == EPERM);
  CHECK(tried([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }) == EPERM);
  CHECK(tried([] { return ::execl("/bin/true", "true", nullptr) == 0; }) == EPERM);
  CHECK(tried([] { return ::fork() >= 0; }) == EPERM);
  CHECK(tried([] { return ::kill(::getppid(), 0) == 0; }) == EPERM);
  CHECK(tried([] {
          return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
        }) == EPERM);
  CHECK(tried([] { return ::unlink("/tmp/robohub-nothing") == 0; }) == EPERM);
  ::close(null);
}

TEST_CASE("a confined process signals nobody but itself") {
  if (kSanitized) {
    WARN("left out: a sanitizer needs more than the filter allows");
    return;
  }
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const pid_t parent = ::getpid();
  CHECK(tried([&] { return ::syscall(SYS_tgkill, parent, parent, 0) == 0; }) == EPERM);
  CHECK(tried([] { return ::syscall(SYS_tgkill, ::getpid(), ::gettid(), 0) == 0; }) == 0);
  // A descriptor's signals would go where this says, with the number that F_SETSIG says.
  CHECK(tried([&] { return ::fcntl(null, F_SETOWN, parent) == 0; }) == EPERM);
  CHECK(tried([&] { return ::fcntl(null, F_SETSIG, SIGKILL) == 0; }) == EPERM);
  CHECK(tried([&] { return ::fcntl(null, F_SETFL, O_NONBLOCK) == 0; }) == 0);
  CHECK(tried([&] { return ::fcntl(null, F_DUPFD_CLOEXEC, 10) >= 0; }) == 0);
  ::close(null);
}

TEST_CASE("a confined process has limits of memory and of what it writes") {
  if (!kSanitized) {  // a sanitizer's own tables are larger
    CHECK(tried([] {
            return ::mmap(nullptr, 256 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
          }) == ENOMEM);
  }
  char name[] = "/tmp/robohub-test-XXXXXX";
  const int file = ::mkstemp(name);
  REQUIRE(file >= 0);
  ::unlink(name);
  CHECK(tried([&] { return ::pwrite(file, "x", 1, 4095) == 1; }) == 0);
  CHECK(tried([&] { return ::pwrite(file, "x", 1, 4096) == 1; }) == EFBIG);
  ::close(file);
}
