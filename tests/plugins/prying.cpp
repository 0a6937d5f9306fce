// Tries what no driver needs, and says what came of it: 0, or the errno. Built twice: as test_prying, and as
// test_networked, whose manifest asks for the network.
#include <rh/plugin.hpp>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "outputs.hpp"

namespace {

int errorOf(long result) {
  return result < 0 ? errno : 0;
}

int opening(int domain, int type) {
  const int fd = ::socket(domain, type | SOCK_CLOEXEC, 0);
  const int error = errorOf(fd);
  if (fd >= 0) ::close(fd);
  return error;
}

int reading(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int error = errorOf(fd);
  if (fd >= 0) ::close(fd);
  return error;
}

// Beneath a path of the settings, as the camera's socket for its programs is.
int listening(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  ::unlink(path.c_str());
  const int error = errorOf(::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name));
  ::close(fd);
  return error;
}

int starting() {
  bool ran = false;
  std::thread([&] { ran = true; }).join();
  return ran && std::system("exit 0") == 0 ? 0 : EIO;
}

int owning(int fd) {
  return errorOf(::fcntl(fd, F_SETOWN, ::getppid()));
}

class Prying final : public rh::Device {
 public:
  explicit Prying(rh::Context ctx)
      : ctx_(ctx), outputs_(TestOutputs::map(ctx.config<std::string>("outputs", "/dev/null"))) {
    halt();
  }

  rh::Json attempt(const std::string& what) {
    const std::map<std::string, std::function<int()>> all{
        {"inet", [] { return opening(AF_INET, SOCK_STREAM); }},
        {"inet6", [] { return opening(AF_INET6, SOCK_DGRAM); }},
        {"netlink", [] { return opening(AF_NETLINK, SOCK_RAW); }},
        {"unix", [] { return opening(AF_UNIX, SOCK_STREAM); }},
        {"signal the agent", [] { return errorOf(::kill(::getppid(), 0)); }},
        {"signal the group", [] { return errorOf(::kill(0, 0)); }},
        {"signal a thread of the agent", [] { return errorOf(::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0)); }},
        {"signal itself", [] { return errorOf(::kill(::getpid(), 0)); }},
        {"own by a descriptor", [] { return owning(STDERR_FILENO); }},
        // A process that is not there: what counts is the call.
        {"trace", [] { return errorOf(::ptrace(PTRACE_ATTACH, 0x3fffffff, nullptr, nullptr)); }},
        {"limit the agent",
         [] { return errorOf(::syscall(SYS_prlimit64, ::getppid(), RLIMIT_CORE, nullptr, nullptr)); }},
        {"read its own limit",
         [] {
           rlimit limit{};
           return errorOf(::getrlimit(RLIMIT_NOFILE, &limit));
         }},
        {"a namespace", [] { return errorOf(::unshare(CLONE_NEWUSER)); }},
        {"io_uring", [] { return errorOf(::syscall(SYS_io_uring_setup, 0, nullptr)); }},
        {"bpf", [] { return errorOf(::syscall(SYS_bpf, -1, nullptr, 0)); }},
        {"type into a terminal", [] { return errorOf(::ioctl(STDERR_FILENO, TIOCSTI, "x")); }},
        {"threads and programs", starting},
    };
    const auto found = all.find(what);
    if (found == all.end()) throw rh::invalid("nothing of that name");
    return {{"error", found->second()}};
  }
  rh::Json read(const std::string& path) { return {{"error", reading(path)}}; }
  rh::Json listen(const std::string& path) { return {{"error", listening(path)}}; }
  void keep(const std::string& text) { ctx_.saveState(text); }
  rh::Json record() {
    const auto folder = ctx_.captureFolder();
    if (!folder) throw rh::conflict("no capture folder");
    std::ofstream file(*folder + "/a.mp4.part");
    file << "segment";
    file.close();
    return {{"error", errorOf(::rename((*folder + "/a.mp4.part").c_str(), (*folder + "/a.mp4").c_str()))}};
  }
  void halt() noexcept override {
    if (outputs_) outputs_->put(false);
  }

  static rh::Type<Prying> type() {
    const auto error = [] { return rh::integer("error", 0, 4095); };
#ifdef PRYING_NETWORK
    auto plugin = rh::Type<Prying>("test_networked", "1.0.0").permission("network");
#else
    auto plugin = rh::Type<Prying>("test_prying", "1.0.0");
#endif
    return plugin.command<&Prying::attempt>("attempt", "Tries it", {rh::text("what", 100)})
        .turnNone()
        .result({error()})
        .command<&Prying::read>("read", "Opens a file", {rh::text("path", 300)})
        .turnNone()
        .result({error()})
        .command<&Prying::listen>("listen", "Makes a socket of this name", {rh::text("path", 300)})
        .turnNone()
        .result({error()})
        .command<&Prying::keep>("keep", "Keeps a text", {rh::text("text", 100)})
        .turnNone()
        .command<&Prying::record>("record", "Writes a segment")
        .turnNone()
        .result({error()});
  }

 private:
  rh::Context ctx_;
  TestOutputs* outputs_;
};

}  // namespace

RH_PLUGIN(Prying)
