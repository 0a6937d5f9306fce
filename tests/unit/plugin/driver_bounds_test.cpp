// What a driver's process may not do, tried by a driver; and what it may, since drivers need it.
#include "plugin/driver_bounds.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <future>

#include "host_harness.hpp"
#include "plugin/driver_files.hpp"
#include "process/call_filter.hpp"
#include "process/file_fence.hpp"
#include "support/slowness.hpp"
#include "unit/store/temp_folder.hpp"

using namespace harness;

namespace {

namespace fs = std::filesystem;

// Why a driver is not bound here; empty where it is. `fenced`: by the fence around files too.
std::string whyUnbound(bool fenced) {
  if (robohub::test::kSlowness != 1) return "a sanitizer needs more than filter and fence allow";
  if (fenced && !process::FileFence::make()) return "this kernel has no Landlock";
  return "";
}

std::string answer(int error) {
  return "{\"error\":" + std::to_string(error) + "}";
}

// A driver whose agent keeps its key, the driver's state and captures in one folder, as agents do.
struct Kept : Bench {
  explicit Kept(const std::string& plugin = "prying") : Bench(plugin) {
    fs::create_directories(state() / "driver");
    fs::create_directories(state() / "captures/spool");
    fs::create_directories(temp.path() / "theirs");
    std::ofstream(state() / "key") << "secret";
    std::ofstream(temp.path() / "theirs/file") << "text";
    setup.private_folder = state();
    setup.state_file = state() / "driver/rh.state";
    setup.capture_folder = state() / "captures/spool";
  }
  ~Kept() { host.reset(); }  // before its folder
  fs::path state() const { return temp.path() / "state"; }
  // Of the settings, besides the file of the outputs.
  void name(const fs::path& path) {
    setup.config = "{\"outputs\":\"" + outputs_path.string() + "\",\"path\":\"" + path.string() + "\"}";
  }
  std::string said(const std::string& command, const std::string& member, const std::string& value) {
    return call(command, "{\"" + member + "\":\"" + value + "\"}").text;
  }
  std::string read(const fs::path& path) { return said("read", "path", path.string()); }
  std::string listen(const fs::path& path) { return said("listen", "path", path.string()); }

  robohub::test::TempFolder temp;
};

// As after a driver that was killed: a socket that nobody serves.
void leaveSocket(const fs::path& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.string().copy(name.sun_path, sizeof name.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
  ::close(fd);
}

}  // namespace

TEST_CASE("a driver's process reaches no other process, and no network that its manifest does not name") {
  if (const std::string why = whyUnbound(false); !why.empty()) {
    WARN("left out: " << why);
    return;
  }
  Kept bench;
  bench.openAndWait();
  for (const char* what :
       {"inet", "inet6", "netlink", "signal the agent", "signal the group", "signal a thread of the agent",
        "own by a descriptor", "trace", "limit the agent", "a namespace", "io_uring", "bpf", "type into a terminal"}) {
    INFO(what);
    CHECK(bench.said("attempt", "what", what) == answer(EPERM));
  }
  for (const char* what : {"unix", "signal itself", "read its own limit", "threads and programs"}) {
    INFO(what);
    CHECK(bench.said("attempt", "what", what) == answer(0));
  }
}

TEST_CASE("a driver whose manifest names the network has it, and no more") {
  if (const std::string why = whyUnbound(false); !why.empty()) {
    WARN("left out: " << why);
    return;
  }
  Kept bench("networked");
  bench.openAndWait();
  for (const char* what : {"inet", "netlink", "unix"}) CHECK(bench.said("attempt", "what", what) == answer(0));
  CHECK(bench.said("attempt", "what", "signal the agent") == answer(EPERM));
}

TEST_CASE("a driver's process has its state, its captures and what the settings name, and not the agent's key") {
  if (const std::string why = whyUnbound(true); !why.empty()) {
    WARN("left out: " << why);
    return;
  }
  Kept bench;
  bench.name(bench.temp.path() / "theirs");
  bench.openAndWait();
  CHECK(bench.read(bench.state() / "key") == answer(EACCES));
  CHECK(bench.read(bench.temp.path()) == answer(EACCES));
  CHECK(bench.call("keep", R"({"text":"calibrated"})").state == ReplyState::succeeded);
  CHECK(fs::file_size(bench.setup.state_file) == 10);
  CHECK(bench.call("record").text == answer(0));
  CHECK(bench.read(bench.temp.path() / "theirs/file") == answer(0));
  for (const char* path : {"/etc/passwd", "/dev/null", "/proc/self/stat", "/sys/devices", "/usr/lib"}) {
    INFO(path);
    CHECK(bench.read(path) == answer(0));
  }
}

TEST_CASE("a folder of the settings in which the agent's own lies is open but for that") {
  if (const std::string why = whyUnbound(true); !why.empty()) {
    WARN("left out: " << why);
    return;
  }
  Kept bench;
  bench.name(bench.temp.path());
  bench.openAndWait();
  CHECK(bench.read(bench.temp.path() / "theirs/file") == answer(0));
  CHECK(bench.read(bench.state() / "key") == answer(EACCES));
}

TEST_CASE("a link among what the settings name leads to nothing of the agent's") {
  if (const std::string why = whyUnbound(true); !why.empty()) {
    WARN("left out: " << why);
    return;
  }
  for (const bool to_the_file : {true, false}) {
    Kept bench;
    const fs::path link = bench.temp.path() / "theirs/link";
    fs::create_symlink(to_the_file ? bench.state() / "key" : bench.state(), link);
    bench.name(link);
    bench.openAndWait();
    CHECK(bench.read(bench.state() / "key") == answer(EACCES));
  }
}

TEST_CASE("a socket of the settings can be made beside the agent's own, and again after a driver that was killed") {
  if (const std::string why = whyUnbound(true); !why.empty()) {
    WARN("left out: " << why);
    return;
  }
  for (const bool left : {false, true}) {
    for (const char* folder : {"theirs", "state", "."}) {
      INFO(folder << (left ? ", left" : ""));
      Kept bench;
      const fs::path path = (bench.temp.path() / folder).lexically_normal() / "socket";
      if (left) leaveSocket(path);
      bench.name(path);
      bench.openAndWait();
      CHECK(bench.listen(path) == answer(0));
      CHECK(bench.read(bench.state() / "key") == answer(EACCES));
    }
  }
}

TEST_CASE("where the kernel has no Landlock, a warning says what the driver may open") {
  if (const std::string why = whyUnbound(false); !why.empty()) {
    WARN("left out: " << why);
    return;
  }
  // Such a kernel, for one thread and what that starts.
  auto tried = std::async(std::launch::async, [] {
    process::CallFilter filter(process::CallFilter::Rest::allowed);
    filter.refuse(SYS_landlock_create_ruleset, EOPNOTSUPP);
    REQUIRE(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    REQUIRE(filter.install().has_value());
    Kept bench;
    bench.openAndWait();
    REQUIRE(bench.until([&] { return !bench.seen.lines.empty(); }));
    CHECK(bench.seen.lines[0].find("The driver may open what the agent may, its key among it") == 0);
    CHECK(bench.seen.levels[0] == LogLevel::warning);
    CHECK(bench.read(bench.state() / "key") == answer(0));
  });
  tried.get();
}

TEST_CASE("paths are found in a driver's settings wherever they stand") {
  const auto found = pathsIn(R"({"a":"/dev/x","b":{"c":["no path",{"d":"some/file"}],"e":7},"f":"host:80"})");
  CHECK((found == std::vector<fs::path>{"/dev/x", "some/file"}));
  CHECK(pathsIn("no object").empty());
}
