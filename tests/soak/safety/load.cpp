#include "soak/safety/load.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace soak {

using namespace std::chrono_literals;

namespace {

constexpr int kFlooded = 10;

test::AgentSetup noisySetup() {
  test::AgentSetup setup;
  setup.device = "noisy";
  setup.type = "test_noisy";
  setup.plugins = TEST_PLUGINS;
  return setup;
}

}  // namespace

Load::Load(Rig& rig) : rig_(rig), noisy_(rig.folder(), noisySetup()) {
  noisy_.configure(rig.hub().url(), rig.hub().enrol("noisy", "test_noisy"));
  noisy_.start();
  threads_.emplace_back([this] { measure(); });
  for (const auto& device : rig.devices()) {
    if (device->number >= kFlooded) break;
    if (!device->outputs) threads_.emplace_back([this, &device = *device] { watch(device); });
    threads_.emplace_back([this, &device = *device] { command(device); });
  }
}

Load::~Load() {
  (void)end();
}

std::string Load::end() {
  ending_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  return std::to_string(picture_bytes_ / 1'000'000) + " MB of pictures, " + std::to_string(commands_) + " commands, " +
         std::to_string(floods_) + " floods of 20,000 values";
}

void Load::measure() {
  while (!ending_) {
    try {
      const auto cookie = rig_.hub().guest("Noise");
      while (!ending_) {
        const auto answer = rig_.hub().request("POST", "/api/v1/devices/noisy/commands/flood",
                                               R"({"count":20000,"picture_bytes":0})", cookie);
        if (answer.status == 200) ++floods_;
        wait(200ms);
      }
    } catch (const std::exception&) {
      wait(200ms);
    }
  }
}

void Load::wait(std::chrono::milliseconds time) const {
  for (auto waited = 0ms; waited < time && !ending_; waited += 10ms) std::this_thread::sleep_for(10ms);
}

// Reads a stream as a browser does, and asks again when it ends.
void Load::watch(const Device& device) {
  const timeval patience{0, 200'000};
  while (!ending_) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(rig_.hub().port());
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const std::string request = "GET /api/v1/devices/" + device.id +
                                "/streams/main.mjpeg HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(rig_.hub().port()) +
                                "\r\nCookie: " + device.cookie + "\r\n\r\n";
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
      char some[65536];
      int silent = 0;
      while (!ending_ && silent < 10) {
        const ssize_t size = ::recv(fd, some, sizeof some, 0);
        if (size == 0) break;
        if (size < 0 && errno != EAGAIN && errno != EINTR) break;
        silent = size < 0 ? silent + 1 : 0;
        if (size > 0) picture_bytes_ += static_cast<std::uint64_t>(size);
      }
    }
    ::close(fd);
    wait(100ms);
  }
}

// A program without a turn asks for things all the time, and is refused.
void Load::command(const Device& device) {
  while (!ending_) {
    try {
      const auto cookie = rig_.hub().guest("Flood");
      while (!ending_) {
        rig_.hub().request("POST", "/api/v1/devices/" + device.id + "/commands/aim", R"({"x_px":300,"y_px":200})",
                           cookie);
        ++commands_;
        wait(10ms);
      }
    } catch (const std::exception&) {
      wait(200ms);  // the hub was killed or is frozen
    }
  }
}

}  // namespace soak
