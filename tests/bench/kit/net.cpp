#include "kit/net.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "kit/measure.hpp"

namespace bench {
namespace {

sockaddr_in addressOf(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) giveUp(host + " is no IPv4 address");
  return address;
}

int tcpSocket() {
  const int one = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (one < 0) giveUp(std::string("socket: ") + std::strerror(errno));
  return one;
}

void sendAtOnce(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Url parseUrl(const std::string& text) {
  Url url;
  const auto scheme = text.find("://");
  const auto host = scheme == std::string::npos ? 0 : scheme + 3;
  const auto slash = text.find('/', host);
  if (slash != std::string::npos) url.path = text.substr(slash);
  url.host = text.substr(host, slash == std::string::npos ? slash : slash - host);
  const auto colon = url.host.find(':');
  if (colon != std::string::npos) {
    url.port = std::atoi(url.host.c_str() + colon + 1);
    url.host.resize(colon);
  }
  return url;
}

int listenOn(int port) {
  const int listener = tcpSocket();
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto address = addressOf("127.0.0.1", port);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 4096) != 0)
    giveUp(std::string("listen: ") + std::strerror(errno));
  return listener;
}

int portOf(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

int connectTo(const Url& url, int receive_buffer) {
  const int one = tcpSocket();
  if (receive_buffer > 0) ::setsockopt(one, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sendAtOnce(one);
  const auto address = addressOf(url.host, url.port);
  if (::connect(one, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)
    giveUp(std::string("connect: ") + std::strerror(errno));
  return one;
}

int acceptFrom(int listener) {
  const int one = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (one >= 0) sendAtOnce(one);
  return one;
}

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) giveUp(std::string("epoll_create1: ") + std::strerror(errno));
}
Poller::~Poller() {
  ::close(epoll_);
}

void Poller::add(int socket, std::uint64_t id, bool write, bool read) {
  epoll_event event{};
  event.events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u);
  event.data.u64 = id;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
}

void Poller::change(int socket, std::uint64_t id, bool write, bool read) {
  epoll_event event{};
  event.events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u);
  event.data.u64 = id;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event);
}

void Poller::remove(int socket) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
}

const std::vector<epoll_event>& Poller::wait(std::int64_t until_ns) {
  const std::int64_t left = std::max<std::int64_t>(0, until_ns - nowNs());
  const timespec limit{left / 1'000'000'000, left % 1'000'000'000};
  events_.resize(512);
  const int got = ::epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &limit, nullptr);
  events_.resize(static_cast<std::size_t>(std::max(got, 0)));
  return events_;
}

}  // namespace bench
