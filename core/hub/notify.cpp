#include "hub/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace robohub::hub::notify {

namespace {

void send(const std::string& text) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (!path || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // a name of the abstract kind
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  // Nobody to tell is nothing to fail on: the watchdog notices.
  if (::sendto(socket, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size) < 0)
    errno = 0;
  ::close(socket);
}

}  // namespace

void starting(std::string_view status) {
  std::string text = "STATUS=";
  text += status.substr(0, status.find('\n'));
  send(text + "\n");
}

void ready(std::string_view status) {
  std::string text = "READY=1\nSTATUS=";
  text += status.substr(0, status.find('\n'));
  send(text + "\n");
}

void reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto usec = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  std::string text = "RELOADING=1\nMONOTONIC_USEC=";
  text += std::to_string(usec);
  send(text + "\n");
}

void stopping() {
  send("STOPPING=1\n");
}

void alive() {
  send("WATCHDOG=1\n");
}

std::optional<std::chrono::milliseconds> watchdogInterval() {
  const char* usec = std::getenv("WATCHDOG_USEC");
  if (!usec) return {};
  if (const char* pid = std::getenv("WATCHDOG_PID"); pid && std::atol(pid) != static_cast<long>(::getpid())) return {};
  const long long value = std::atoll(usec);
  if (value <= 0) return {};
  return std::chrono::milliseconds(value / 1000);
}

}  // namespace robohub::hub::notify
