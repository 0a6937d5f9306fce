// What systemd is told of a start, which may take long, and how such a start is ended.
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>

#include "process/file_descriptor.hpp"
#include "support/slowness.hpp"
#include "unit/hub/process_hub.hpp"

using namespace robohub;
using namespace robohub::test;
using namespace std::chrono_literals;

namespace {

// The socket at which systemd hears its services. Programs that are started during its life are told of it.
class ServiceManager {
 public:
  ServiceManager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const std::string path = (folder_.path() / "notify").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval patience{10, 0};
    REQUIRE(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~ServiceManager() { ::unsetenv("NOTIFY_SOCKET"); }

  // The next thing that it hears but signs of life; "" when nothing comes.
  std::string next() const {
    for (;;) {
      std::array<char, 1024> heard{};
      const auto size = ::recv(socket_.get(), heard.data(), heard.size(), 0);
      if (size <= 0) return "";
      const std::string text(heard.data(), static_cast<std::size_t>(size));
      if (text != "WATCHDOG=1\n") return text;
    }
  }

 private:
  TempFolder folder_;
  process::FileDescriptor socket_;
};

}  // namespace

TEST_CASE("a hub tells the service manager what it is at until it is ready") {
  const ServiceManager manager;
  ProcessHub hub("");
  hub.start();
  CHECK(manager.next() == "STATUS=reading the database in " + (hub.folder.path() / "data").string() + "\n");
  CHECK(manager.next() == "STATUS=looking through the captures\n");
  CHECK(manager.next() == "STATUS=beginning to listen\n");
  CHECK(manager.next() == "READY=1\nSTATUS=listening at " + hub.url + "\n");
  CHECK(hub.process.end(5s * kSlowness) == 0);
  CHECK(manager.next() == "STOPPING=1\n");
}

TEST_CASE("a hub that is told to end while it still starts ends at once") {
  const TempFolder folder;
  // Whoever reads this manifest waits until somebody writes it.
  const auto plugin = folder.path() / "plugins/test_held/1.0.0";
  std::filesystem::create_directories(plugin);
  REQUIRE(::mkfifo((plugin / "plugin.json").c_str(), 0600) == 0);
  const auto settings = folder.path() / "hub.yaml";
  std::ofstream(settings) << "server: {listen: \"127.0.0.1:0\", data: data}\nplugins: {path: [plugins]}\n";
  const ServiceManager manager;
  for (const int told : {SIGTERM, SIGINT}) {
    INFO(told);
    integration::Process hub;
    hub.start(TEST_ROBOHUB, {"serve", "--config", settings.string()});
    CHECK(manager.next().starts_with("STATUS=reading the database in "));
    hub.signal(told);
    CHECK(hub.exitCode(1s * kSlowness) == 0);
    CHECK(manager.next() == "STOPPING=1\n");
  }
}
