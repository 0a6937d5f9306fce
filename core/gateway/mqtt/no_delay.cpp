#include "gateway/mqtt/no_delay.hpp"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdlib>

namespace robohub::gateway {

namespace {

std::uint16_t peerPort(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return 0;
  if (peer.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(peer).sin_port);
  if (peer.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(peer).sin6_port);
  return 0;
}

}  // namespace

int quickenSocketsTo(std::uint16_t port) {
  DIR* const folder = ::opendir("/proc/self/fd");
  if (!folder) return 0;
  int found = 0;
  while (const dirent* entry = ::readdir(folder)) {
    char* end = nullptr;
    const long fd = std::strtol(entry->d_name, &end, 10);
    if (end == entry->d_name || *end != '\0' || port == 0 || peerPort(static_cast<int>(fd)) != port) continue;
    const int on = 1;
    found += ::setsockopt(static_cast<int>(fd), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
  }
  ::closedir(folder);
  return found;
}

}  // namespace robohub::gateway
