// The yardstick for pictures: the least that a program on epoll must do to hand one MJPEG stream to many viewers. One
// thread, one shared buffer a picture, newest wins for whoever is behind; nobody is asked who they are.
// Prints {"port":N}, then runs until it is ended.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>

#include "kit/measure.hpp"
#include "kit/net.hpp"

using namespace bench;

namespace {

using Bytes = std::shared_ptr<const std::string>;

struct Viewer {
  Bytes current, next;
  std::size_t sent = 0;
  bool asked = false, blocked = false;
};

constexpr std::uint64_t kListener = 0, kCamera = 1;

class Relay {
 public:
  Relay(const Url& camera, int port) : listener_(listenOn(port)), camera_(connectTo(camera)), url_(camera) {
    poller_.add(listener_, kListener, false);
    poller_.add(camera_, kCamera, true);
  }

  int port() const { return portOf(listener_); }

  void run() {
    for (;;)
      for (const auto& event : poller_.wait(nowNs() + 1'000'000'000)) {
        if (event.data.u64 == kListener) {
          accept();
        } else if (event.data.u64 == kCamera) {
          readCamera(event.events);
        } else {
          serve(static_cast<int>(event.data.u64), event.events);
        }
      }
  }

 private:
  void accept() {
    for (int one; (one = acceptFrom(listener_)) >= 0;) {
      const int lowat = 16 * 1024;  // old pictures must not pile up in the kernel
      ::setsockopt(one, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof lowat);
      viewers_[one] = {};
      poller_.add(one, static_cast<std::uint64_t>(one), false);
    }
  }

  void readCamera(std::uint32_t events) {
    if (events & EPOLLOUT) {
      const std::string request = "GET " + url_.path + " HTTP/1.0\r\nHost: " + url_.host + "\r\n\r\n";
      if (::send(camera_, request.data(), request.size(), MSG_NOSIGNAL) < 0) giveUp("the camera does not answer");
      poller_.change(camera_, kCamera, false);
      return;
    }
    static char bytes[256 * 1024];
    const auto got = ::recv(camera_, bytes, sizeof bytes, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) giveUp("the camera is gone");
    if (got < 0) return;
    came_.append(bytes, static_cast<std::size_t>(got));
    std::size_t used = 0;
    for (;;) {
      if (length_ == 0) {
        const auto end = came_.find("\r\n\r\n", used);
        if (end == std::string::npos) break;
        const std::string head = came_.substr(used, end - used);
        used = end + 4;
        if (const char* line = ::strcasestr(head.c_str(), "content-length:"))
          length_ = std::strtoul(line + 15, nullptr, 10);
        continue;
      }
      if (came_.size() - used < length_) break;
      publish({came_.data() + used, length_});
      used += length_;
      length_ = 0;
    }
    came_.erase(0, used);
  }

  void publish(std::string_view jpeg) {
    auto part = "Content-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size()) + "\r\n\r\n";
    part.reserve(part.size() + jpeg.size() + 16);
    part.append(jpeg).append("\r\n--picture\r\n");
    const auto shared = std::make_shared<const std::string>(std::move(part));
    for (auto next = viewers_.begin(); next != viewers_.end();) {
      const auto one = next++;
      if (!one->second.asked) continue;
      one->second.next = shared;
      if (!one->second.blocked) flush(one->first, one->second);
    }
  }

  void serve(int socket, std::uint32_t events) {
    const auto found = viewers_.find(socket);
    if (found == viewers_.end()) return;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
      char bytes[4096];
      const auto got = ::recv(socket, bytes, sizeof bytes, 0);
      if (got == 0 || (got < 0 && errno != EAGAIN)) return drop(socket);
      if (!found->second.asked) found->second.current = head_;
      found->second.asked = true;
    }
    flush(socket, found->second);
  }

  void flush(int socket, Viewer& viewer) {
    bool blocked = false;
    while (!blocked && (viewer.current || viewer.next)) {
      if (!viewer.current) {
        viewer.current = std::move(viewer.next);
        viewer.next = nullptr;
        viewer.sent = 0;
      }
      const auto got =
          ::send(socket, viewer.current->data() + viewer.sent, viewer.current->size() - viewer.sent, MSG_NOSIGNAL);
      if (got < 0 && errno != EAGAIN) return drop(socket);
      blocked = got < 0;
      if (blocked) break;
      viewer.sent += static_cast<std::size_t>(got);
      if (viewer.sent == viewer.current->size()) viewer.current = nullptr;
    }
    if (blocked != viewer.blocked) poller_.change(socket, static_cast<std::uint64_t>(socket), blocked);
    viewer.blocked = blocked;
  }

  void drop(int socket) {
    viewers_.erase(socket);
    ::close(socket);
  }

  Poller poller_;
  int listener_, camera_;
  Url url_;
  std::map<int, Viewer> viewers_;
  std::string came_;
  std::size_t length_ = 0;  // of the picture that is coming
  const Bytes head_ = std::make_shared<const std::string>(
      "HTTP/1.0 200 OK\r\nConnection: close\r\nCache-Control: no-store\r\n"
      "Content-Type: multipart/x-mixed-replace;boundary=picture\r\n\r\n--picture\r\n");
};

}  // namespace

int main(int argc, char** argv) {
  prepareProcess();
  const Options options(argc, argv, {{"camera", ""}, {"port", "0"}});
  Relay relay(parseUrl(options.text("camera")), options.count("port"));
  Result().add("port", relay.port()).print();
  relay.run();
}
