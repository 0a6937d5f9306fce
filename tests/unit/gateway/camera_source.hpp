// A camera of the test's own: takes connections on a free port and does with each what the test says, on a thread of
// its own.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace robohub::test {

// One connection of whoever reads the camera.
class CameraViewer {
 public:
  CameraViewer(int fd, const std::atomic<bool>& ending) : fd_(fd), ending_(ending) {}
  // The request's head.
  std::string request() {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      char part[2048];
      if (!waitFor(POLLIN)) return head;
      const auto got = recv(fd_, part, sizeof part, 0);
      if (got <= 0) return head;
      head.append(part, static_cast<std::size_t>(got));
    }
    return head;
  }
  // False when the reader has gone or the test ends.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!waitFor(POLLOUT)) return false;
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN) return false;
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Until the reader goes.
  void wait() {
    char part[256];
    while (waitFor(POLLIN) && recv(fd_, part, sizeof part, 0) > 0) {
    }
  }
  bool pause(std::chrono::milliseconds time) {
    for (; time.count() > 0 && !ending_; time -= std::chrono::milliseconds(5))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return !ending_;
  }

 private:
  bool waitFor(short events) {
    while (!ending_) {
      pollfd poll_fd{fd_, events, 0};
      if (poll(&poll_fd, 1, 20) > 0) return (poll_fd.revents & (events | POLLHUP | POLLERR)) != 0;
    }
    return false;
  }
  const int fd_;
  const std::atomic<bool>& ending_;
};

class CameraSource {
 public:
  using Script = std::function<void(CameraViewer&)>;

  explicit CameraSource(Script script) : script_(std::move(script)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no camera");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept(); });
  }
  ~CameraSource() {
    ending_ = true;
    thread_.join();
    for (auto& viewer : viewers_) viewer.join();
    close(listener_);
  }

  // What is done with connections from now on.
  void doing(Script script) {
    std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }
  std::string url(const std::string& target = "/stream") const {
    return "http://127.0.0.1:" + std::to_string(port_) + target;
  }
  int connections() const { return connections_; }  // so far
  int open() const { return open_; }

 private:
  void accept() {
    while (!ending_) {
      pollfd poll_fd{listener_, POLLIN, 0};
      if (poll(&poll_fd, 1, 20) <= 0) continue;
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      ++connections_;
      ++open_;
      Script script;
      {
        std::lock_guard lock(mutex_);
        script = script_;
      }
      viewers_.emplace_back([this, fd, script = std::move(script)] {
        CameraViewer viewer(fd, ending_);
        script(viewer);
        close(fd);
        --open_;
      });
    }
  }

  std::mutex mutex_;  // guards script_
  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<int> connections_{0}, open_{0};
  std::list<std::thread> viewers_;
  std::thread thread_;
};

// Something that a reader takes for a whole JPEG.
inline std::string jpeg(std::size_t bytes = 1000, char fill = 'x') {
  return "\xff\xd8\xff\xe0" + std::string(bytes, fill) + "\xff\xd9";
}
inline std::string mjpegHead(const std::string& type = "multipart/x-mixed-replace;boundary=frame") {
  return "HTTP/1.0 200 OK\r\nContent-Type: " + type + "\r\n\r\n";
}
inline std::string mjpegPart(const std::string& picture) {
  return "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(picture.size()) + "\r\n\r\n" +
         picture + "\r\n";
}

}  // namespace robohub::test
