// Commands for programs that are not there yet: being armed is told until somebody hears it, a capture once.
#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cloud_camera/local/command_sender.hpp"
#include "unit/cloud_camera/local_rig.hpp"

using namespace cloud_camera;
using namespace cloud_camera::test;

namespace {

constexpr auto kAgain = 200ms;

// The socket of a program that hears commands, at a path or at a port of this machine.
class Program {
 public:
  explicit Program(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    begin(reinterpret_cast<sockaddr*>(&name), sizeof name);
  }
  // 0: one that is free.
  explicit Program(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    begin(reinterpret_cast<sockaddr*>(&name), sizeof name);
  }
  ~Program() { ::close(fd_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  std::uint16_t port() const {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size);
    return ntohs(name.sin_port);
  }
  std::string hear() const {
    char bytes[256];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    return std::string(bytes, n < 0 ? 0 : static_cast<std::size_t>(n));
  }

 private:
  void begin(const sockaddr* name, socklen_t size) const {
    const timeval patience{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    REQUIRE(::bind(fd_, name, size) == 0);
  }
  const int fd_;
};

std::uint16_t freePort() {
  return Program(std::uint16_t(0)).port();
}

std::function<void(const std::string&)> complain(Rig& rig) {
  return [&rig](const std::string& text) { rig.note([&] { rig.complaints.push_back(text); }); };
}

}  // namespace

TEST_CASE("a program that comes later hears that the camera is armed, at a path or at a port") {
  Rig rig;
  const bool by_path = GENERATE(true, false);
  const std::string path = by_path ? (rig.temp.path() / "commands").string() : "";
  const std::uint16_t port = by_path ? 0 : freePort();
  CommandSender sender({by_path ? "" : "127.0.0.1", path, port}, complain(rig), kAgain);
  sender.send("capture");
  REQUIRE(rig.until([&] { return rig.complaints.size() == 1; }));
  sender.send("arm");
  const Program program = by_path ? Program(path) : Program(port);
  CHECK(program.hear() == R"({"command":"arm"})");
  // Once, and nothing of the capture.
  sender.send("disarm");
  CHECK(program.hear() == R"({"command":"disarm"})");
  sender.send("capture");
  CHECK(program.hear() == R"({"command":"capture"})");
}

TEST_CASE("a program that comes later hears only what is wished by then") {
  Rig rig;
  const std::string path = (rig.temp.path() / "commands").string();
  CommandSender sender({"", path, 0}, complain(rig), kAgain);
  sender.send("arm");
  REQUIRE(rig.until([&] { return rig.complaints.size() == 1; }));
  CHECK(rig.complaints[0].find("arm") != std::string::npos);
  sender.send("disarm");
  const Program program(path);
  CHECK(program.hear() == R"({"command":"disarm"})");
  sender.send("capture");
  CHECK(program.hear() == R"({"command":"capture"})");
}

TEST_CASE("a program that never comes keeps nobody waiting, and is told of once") {
  Rig rig;
  {
    CommandSender sender({"", (rig.temp.path() / "commands").string(), 0}, complain(rig), 1ms);
    sender.send("arm");
    REQUIRE(rig.until([&] { return rig.complaints.size() == 1; }));
    std::this_thread::sleep_for(30ms);  // many more tries
  }
  CHECK(rig.complaints.size() == 1);
}
