// A camera: serves multipart MJPEG on every path, as mjpg-streamer does. Each picture is a valid JPEG of exactly --size
// bytes that says in its first comment which one it is and when it was made, so that a viewer can tell its age. Prints
// {"port":N}, then runs until it is ended. A viewer that is behind gets the newest picture next. --pace-mbps sends what
// a packet holds at a time, as a camera does whose own link has that many Mbit/s.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>

#include "kit/measure.hpp"
#include "kit/net.hpp"
#include "kit/picture.hpp"

using namespace bench;

namespace {

struct Viewer {
  std::shared_ptr<const std::string> current, next;
  std::size_t sent = 0;
  bool asked = false, blocked = false;
};

constexpr std::uint64_t kListener = 0;

constexpr std::size_t kPacket = 1448;

// At most `most` bytes at a time; one time only when there is a pace. False when the viewer is gone.
bool sendTo(int socket, Viewer& viewer, Poller& poller, std::size_t most) {
  while (viewer.current || viewer.next) {
    if (!viewer.current) {
      viewer.current = std::move(viewer.next);
      viewer.next = nullptr;
      viewer.sent = 0;
    }
    const auto got = ::send(socket, viewer.current->data() + viewer.sent,
                            std::min(viewer.current->size() - viewer.sent, most), MSG_NOSIGNAL);
    if (got < 0 && errno != EAGAIN) return false;
    const bool blocked = got < 0;
    if (blocked != viewer.blocked) poller.change(socket, static_cast<std::uint64_t>(socket), blocked);
    viewer.blocked = blocked;
    if (blocked) return true;
    viewer.sent += static_cast<std::size_t>(got);
    if (viewer.sent == viewer.current->size()) viewer.current = nullptr;
    if (most == kPacket) return true;
  }
  if (viewer.blocked) poller.change(socket, static_cast<std::uint64_t>(socket), false);
  viewer.blocked = false;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv, {{"port", "0"}, {"fps", "30"}, {"size", "60000"}, {"pace-mbps", "0"}});
  PictureMaker maker(static_cast<std::size_t>(options.count("size")));
  const auto period_ns = static_cast<std::int64_t>(1e9 / options.number("fps"));
  const double pace = options.number("pace-mbps");
  const std::int64_t packet_ns = pace > 0 ? static_cast<std::int64_t>(kPacket * 8e3 / pace) : 0;
  const std::size_t most = packet_ns ? kPacket : std::string::npos;
  const auto head = std::make_shared<const std::string>(
      "HTTP/1.0 200 OK\r\nConnection: close\r\nCache-Control: no-store\r\n"
      "Content-Type: multipart/x-mixed-replace;boundary=picture\r\n\r\n--picture\r\n");

  const int listener = listenOn(options.count("port"));
  Result().add("port", portOf(listener)).print();
  Poller poller;
  poller.add(listener, kListener, false);
  std::map<int, Viewer> viewers;
  const auto drop = [&](int socket) {
    viewers.erase(socket);
    ::close(socket);
  };

  const auto sendAll = [&] {
    for (auto next = viewers.begin(); next != viewers.end();) {
      const auto one = next++;
      if (!one->second.blocked && !sendTo(one->first, one->second, poller, most)) drop(one->first);
    }
  };

  std::int64_t due_ns = nowNs() + period_ns, packet_due_ns = nowNs() + packet_ns;
  for (std::uint64_t number = 1;;) {
    for (const auto& event : poller.wait(packet_ns ? std::min(due_ns, packet_due_ns) : due_ns)) {
      if (event.data.u64 == kListener) {
        for (int one; (one = acceptFrom(listener)) >= 0;) {
          viewers[one] = {};
          poller.add(one, static_cast<std::uint64_t>(one), false);
        }
        continue;
      }
      const int socket = static_cast<int>(event.data.u64);
      const auto found = viewers.find(socket);
      if (found == viewers.end()) continue;
      Viewer& viewer = found->second;
      if (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        char bytes[4096];
        const auto got = ::recv(socket, bytes, sizeof bytes, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
          drop(socket);
          continue;
        }
        if (!viewer.asked) viewer.current = head;
        viewer.asked = true;
      }
      if (!sendTo(socket, viewer, poller, most)) drop(socket);
    }
    if (packet_ns && nowNs() >= packet_due_ns) {
      // A few packets are caught up with, not more: a link has no memory of when it was idle.
      packet_due_ns = std::max(packet_due_ns + packet_ns, nowNs() - 4 * packet_ns);
      sendAll();
    }
    if (nowNs() < due_ns) continue;
    due_ns = std::max(due_ns + period_ns, nowNs());
    const std::string_view jpeg = maker.make(number++, nowNs());
    auto part = "Content-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size()) + "\r\n\r\n";
    part.append(jpeg).append("\r\n--picture\r\n");
    const auto shared = std::make_shared<const std::string>(std::move(part));
    for (auto& [socket, viewer] : viewers)
      if (viewer.asked) viewer.next = shared;
    if (!packet_ns) sendAll();
  }
}
